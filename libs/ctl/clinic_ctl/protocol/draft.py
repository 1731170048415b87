"""A draft of a protocol, read on this machine exactly as the service reads its files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clinic_platform.data import UnreadableData, parse
from clinic_sessions.app import opening_rules, rule_sets
from clinic_sessions.domain.protocols.protocol import BadProtocol, Protocol
from clinic_sessions.domain.protocols.reading import read_protocol
from clinic_sessions.domain.protocols.shelf import check_rule_sets


def read_draft(path: Path) -> Protocol:
    """Raises UnreadableData or BadProtocol, each naming the file."""
    try:
        protocol = read_protocol(_document_in(path))
        check_rule_sets(protocol, rule_sets(), opening_rules().drugs)
    except BadProtocol as bad:
        raise BadProtocol(bad.field, bad.rule, file=path.name) from None
    return protocol


def _document_in(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UnreadableData(f"{path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UnreadableData(f"{path} is not UTF-8.") from None
    return parse(text, path.name)
