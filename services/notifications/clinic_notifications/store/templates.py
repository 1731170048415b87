"""The words of letters, from data files, filled in by a sandbox that forgives nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from clinic_notifications.domain.letters import Wording
from clinic_notifications.ports import CannotWrite

FALLBACK: Final = "en"


class BadTemplates(ValueError):
    """A file of templates cannot be used; the message names the template."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    version: int
    variables: tuple[str, ...]
    subject: Template
    text: Template


class DataTemplates:
    """The port `Templates`. A template uses the variables it declares and no others."""

    def __init__(self, by_language: Mapping[str, Mapping[str, _Compiled]]) -> None:
        self._by_language = by_language

    @classmethod
    def parse(cls, *documents: Mapping[str, object]) -> Self:
        """One document per language; English must be among them. Raises BadTemplates."""
        by_language = {str(d.get("language")): _compiled(d) for d in documents}
        if FALLBACK not in by_language:
            raise BadTemplates(f"There are no templates in {FALLBACK}.")
        return cls(by_language)

    def has(self, template: str) -> bool:
        return template in self._by_language[FALLBACK]

    def write(self, template: str, *, language: str, values: Mapping[str, object]) -> Wording:
        found = self._find(template, language)
        given = {name: values[name] for name in found.variables if name in values}
        try:
            subject, text = found.subject.render(given), found.text.render(given)
        except TemplateError:
            raise CannotWrite(f"{template} could not be filled in.") from None
        return Wording(
            subject=subject, text=text, template=template, template_version=found.version
        )

    def _find(self, template: str, language: str) -> _Compiled:
        for candidate in (language, language.partition("-")[0], FALLBACK):
            found = self._by_language.get(candidate, {}).get(template)
            if found is not None:
                return found
        raise CannotWrite(f"There is no template {template}.")


def _compiled(document: Mapping[str, object]) -> dict[str, _Compiled]:
    rows = document.get("templates")
    if not isinstance(rows, Mapping):
        raise BadTemplates("A file of templates has templates.")
    return {str(name): _template(str(name), row) for name, row in rows.items()}


def _template(name: str, row: object) -> _Compiled:
    if not isinstance(row, Mapping):
        raise BadTemplates(f"{name} is not a mapping.")
    version, declared = row.get("version"), row.get("variables")
    subject, text = row.get("subject"), row.get("text")
    if not isinstance(version, int) or not isinstance(declared, list):
        raise BadTemplates(f"{name} needs a version and variables.")
    if not isinstance(subject, str) or not isinstance(text, str):
        raise BadTemplates(f"{name} needs a subject and a text.")
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)  # for plain text only
    try:
        used = meta.find_undeclared_variables(environment.parse(subject + text))
        compiled = environment.from_string(subject), environment.from_string(text)
    except TemplateError:
        raise BadTemplates(f"{name} is not a template.") from None
    if used != set(declared):
        raise BadTemplates(f"{name} uses and declares different variables.")
    return _Compiled(version, tuple(declared), *compiled)
