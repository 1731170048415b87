"""Certificates for servers on this machine, by an authority that is made for one test."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clinic_ctl.stack.ports import LOOPBACK

DAY: Final = timedelta(days=1)
SIGNS_OTHERS: Final = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)

Key: TypeAlias = ec.EllipticCurvePrivateKey


class Authority:
    """Whoever trusts `file` believes the certificates it has issued."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "authority.pem"
        self._name = _name("Invented authority")
        self._key = ec.generate_private_key(ec.SECP256R1())
        is_one = [x509.BasicConstraints(ca=True, path_length=0), SIGNS_OTHERS]
        self.file.write_bytes(self._signed(self._name, self._key, is_one))

    def issue(self, file: Path) -> None:
        """The key and certificate of somebody at this machine's own address, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        here = x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))])
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_bytes(secret + self._signed(_name("Invented server"), key, [here]))

    def _signed(self, name: x509.Name, key: Key, more: Sequence[x509.ExtensionType]) -> bytes:
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
        )
        known_by: Sequence[x509.ExtensionType] = (
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
        )
        for extension in known_by:
            certificate = certificate.add_extension(extension, critical=False)
        for extension in more:
            certificate = certificate.add_extension(extension, critical=True)
        signed = certificate.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
