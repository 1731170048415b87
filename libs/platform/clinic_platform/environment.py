"""Settings from outside: read once from the environment or from files of secrets, and checked.

A setting that is wrong is named with the rule it breaks; its value is never shown, since one cannot
know which of them holds a secret.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self, TypeVar

from pydantic import ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

SECRETS: Final = Path("/run/secrets")  # where containers have them

S = TypeVar("S", bound="FromEnvironment")


class BadSettings(ValueError):
    """One line for each setting that is wrong: the variable, and the rule."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class FromEnvironment(BaseSettings):
    """Frozen. A class of its own may give the variables a prefix (`env_prefix`); the texts under
    its fields are those of `docs/settings.md`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    @classmethod
    def variable(cls, name: str) -> str:
        """The variable a setting is read from."""
        aliases = {n: field.validation_alias for n, field in cls.model_fields.items()}
        if name in aliases.values():  # a refusal names a setting by its alias, if it has one
            return name
        return str(aliases.get(name) or f"{cls.model_config['env_prefix']}{name}".upper())

    @model_validator(mode="after")
    def _is_fit(self) -> Self:
        wrong = [f"{self.variable(name)}: {rule}" for name, rule in self.wrong()]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def wrong(self) -> Iterator[tuple[str, str]]:
        """The settings that do not fit the others, each with the rule."""
        yield from ()


def load(kind: type[S], *, secrets: Path = SECRETS) -> S:
    """From the environment; what is not there, from a file of its name in the folder `secrets`.
    Raises BadSettings."""
    try:
        return kind(_secrets_dir=secrets if secrets.is_dir() else None)
    except ValidationError as error:
        raise BadSettings(list(_lines(kind, error))) from None
    except SettingsError as error:
        raise BadSettings([_unread(kind, error)]) from None


def _unread(kind: type[FromEnvironment], error: SettingsError) -> str:
    """A file that is none of text, or a value that is not the JSON it should be."""
    named = re.search(r'field "(\w+)"', str(error))
    return f"{kind.variable(named[1]) if named else 'A setting'}: It cannot be read."


def unknown(kind: type[FromEnvironment]) -> list[str]:
    """Variables with the service's prefix that are no settings of it: misspelt, perhaps."""
    prefix = str(kind.model_config["env_prefix"])
    known = {kind.variable(name) for name in kind.model_fields}
    given = (name.upper() for name in EnvSettingsSource(kind).env_vars)
    return sorted(name for name in given if name.startswith(prefix) and name not in known)


def _lines(kind: type[FromEnvironment], error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_input=False, include_context=False, include_url=False):
        message = detail["msg"].removeprefix("Value error, ")
        if detail["loc"]:
            yield f"{kind.variable(str(detail['loc'][0]))}: {message}"
        else:
            yield from message.splitlines()
