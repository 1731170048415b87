"""A broker that is spoken to over TLS, and asks who is there: as in production."""

from collections.abc import Mapping
from pathlib import Path

from clinic_ctl.stack.kafka import Kafka
from clinic_ctl.stack.ports import LOOPBACK, free

USER, PASSWORD = "clinic", "invented-password"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


class GuardedKafka(Kafka):
    """Beside the open port, which it uses itself, two: `by_password`, and `by_certificate` of the
    authority that has issued its own."""

    def __init__(
        self, jar_folder: Path, folder: Path, *, certificate: Path, authority: Path
    ) -> None:
        super().__init__(jar_folder, folder)
        self.by_password = f"{LOOPBACK}:{free()}"
        self.by_certificate = f"{LOOPBACK}:{free()}"
        self._certificate, self._authority = certificate, authority

    def _formatted(self) -> Path:
        """With the user, whose password is nowhere else."""
        folder = self._folder / "formatted"
        if not folder.is_dir():
            user = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
            self._format(folder, "--add-scram", user)
        return folder

    def _properties(self) -> Mapping[str, object]:
        own = super()._properties()
        more = f",PASSWORD://{self.by_password},CERTIFICATE://{self.by_certificate}"
        protocols = own["listener.security.protocol.map"]
        return {
            **own,
            "listeners": f"{own['listeners']}{more}",
            "advertised.listeners": f"{own['advertised.listeners']}{more}",
            "listener.security.protocol.map": f"{protocols},PASSWORD:SASL_SSL,CERTIFICATE:SSL",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self._certificate,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self._authority,
            "listener.name.password.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.password.scram-sha-512.sasl.jaas.config": f"{SCRAM} required;",
            "listener.name.certificate.ssl.client.auth": "required",
        }
