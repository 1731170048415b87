"""`docs/settings.md`: what a service is told from outside, as an operator reads it. `make golden`
writes it."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from clinic_intake.settings import Settings as Intake
from clinic_notifications.settings import Settings as Notifications
from clinic_outcomes.settings import Settings as Outcomes
from clinic_platform.settings import ServiceSettings
from clinic_sessions.settings import Settings as Sessions

PATH: Final = Path(__file__).parents[2] / "docs/settings.md"
KINDS: Final[Mapping[str, type[ServiceSettings]]] = {
    "intake": Intake,
    "sessions": Sessions,
    "notifications": Notifications,
    "outcomes": Outcomes,
}
HEAD: Final = """# Settings

Made from the code by `make golden`: change
[settings](../libs/platform/clinic_platform/settings.py), or those of a service, not this.

Variables of the environment, read once at the start. What is not there is read from a file of its
name in `/run/secrets`, where containers have their secrets (`/run/secrets/intake_sealing_keys`):
the place for keys and passwords.

- `python -m clinic_intake --check-config` reads them and ends: code 0, or 2 with one line for each
  that is wrong. A value is never shown.
- A variable with a service's prefix that is none of these is logged at the start, as
  `setting_unknown`: misspelt, perhaps. Kubernetes adds some of its own where `enableServiceLinks`
  is not `false`.
- What a clinic decides is no setting: it is in the
  [document of its place](guides/open-a-location.md).

What they have to fit to is in [deploy a service](guides/deploy-a-service.md).
"""
COLUMNS: Final = "\n| variable | value | if not set | |\n|---|---|---|---|\n"


def page() -> str:
    ports = {name: fields_of(kind) for name, kind in KINDS.items()}
    own = "".join(_own(name, kind) for name, kind in KINDS.items())
    return f"{HEAD}\n## Of every service\n\n{_prefixes(ports)}{COLUMNS}{_common()}{own}"


@cache
def fields_of(kind: type[ServiceSettings]) -> dict[str, Any]:
    """By its variable, the JSON Schema of each setting."""
    schema = kind.model_json_schema()
    return {
        kind.variable(name): {**field, "required": name in schema["required"]}
        for name, field in schema["properties"].items()
    }


def _prefixes(ports: Mapping[str, Mapping[str, Any]]) -> str:
    """What `…` stands for, and where each listens."""
    lines = [
        f"| {name} | `{name.upper()}` | {fields[f'{name.upper()}_HTTP_PORT']['default']} "
        f"| {fields[f'{name.upper()}_MANAGEMENT_PORT']['default']} |\n"
        for name, fields in ports.items()
    ]
    head = "| service | `…` | its `…_HTTP_PORT` | its `…_MANAGEMENT_PORT` |\n|---|---|---|---|\n"
    return head + "".join(lines)


def _common() -> str:
    of_each = [name for name in ServiceSettings.model_fields if name.endswith("_port")]
    fields = {
        variable if variable.startswith("CLINIC_") else f"…_{variable}": field
        for variable, field in fields_of(ServiceSettings).items()
    }
    shown = {f"…_{name.upper()}": {"default": None} for name in of_each}
    return _rows((name, {**field, **shown.get(name, {})}) for name, field in fields.items())


def _own(name: str, kind: type[ServiceSettings]) -> str:
    common = {kind.variable(name) for name in ServiceSettings.model_fields}
    own = [(name, field) for name, field in fields_of(kind).items() if name not in common]
    return f"\n## Of {name} alone\n{COLUMNS}{_rows(own)}" if own else ""


def _rows(fields: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    return "".join(
        f"| `{name}` | {_value(field)} | {_default(field)} | {_text(field)} |\n"
        for name, field in fields
    )


def _value(field: Mapping[str, Any]) -> str:
    if "anyOf" in field:  # of a kind, or not set
        return _value(next(kind for kind in field["anyOf"] if kind["type"] != "null"))
    if "enum" in field:
        return ", ".join(f"`{one}`" for one in field["enum"])
    if field["type"] == "boolean":
        return "`0` or `1`"
    if field["type"] == "string":
        return "secret" if field.get("writeOnly") else "text"
    return f"number{_bounds(field)}"


def _bounds(field: Mapping[str, Any]) -> str:
    if "maximum" in field:
        return f", {field['minimum']:g} to {field['maximum']:g}"
    least = field.get("minimum")
    return ", above 0" if least is None else f", at least {least:g}"


def _default(field: Mapping[str, Any]) -> str:
    default = field.get("default")
    if field["required"]:
        return "**required**"
    if default is None or default == "":
        return ""
    return f"`{int(default)}`" if isinstance(default, bool) else f"`{default}`"


def _text(field: Mapping[str, Any]) -> str:
    return " ".join(field["description"].split())
