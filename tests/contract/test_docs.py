"""What the documents name is there: files and headings, commands of make, decisions, words."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import dirname, join, normpath
from typing import Final

import pytest

from tests.contract.test_repository import FILES, text_of

DOCUMENTS: Final = [name for name in FILES if name.endswith(".md")]
THERE: Final = {*FILES, *(str(folder) for name in FILES for folder in PurePosixPath(name).parents)}

FENCED: Final = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
CODE: Final = re.compile(rf"{FENCED.pattern}|`[^`\n]+`|^ {{4}}\S.*$", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ELSEWHERE: Final = re.compile(r"[a-z]+:")
HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
TARGETS: Final = re.compile(r"^([a-z][a-z0-9 -]*):(?!=)", re.MULTILINE)
MAKE: Final = re.compile(r"^[` ]*make ([a-z][a-z0-9 -]*)", re.MULTILINE)


def links_in(text: str) -> list[str]:
    """Those that point into the repository."""
    return [link for link in LINK.findall(CODE.sub("", text)) if not ELSEWHERE.match(link)]


def anchors_in(text: str) -> set[str]:
    """Headings in lower case, with hyphens, without punctuation: as they are linked to."""
    headings = HEADING.findall(FENCED.sub("", text))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(document: str, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = normpath(join(dirname(document), path)) if path else document
    return target in THERE and (not anchor or anchor in anchors_in(text_of(target)))


def commands_of_make_in(text: str) -> Iterator[str]:
    for code in CODE.findall(text):
        for names in MAKE.findall(code):
            yield from names.split()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_what_is_there(document: str) -> None:
    links = links_in(text_of(document))
    assert [link for link in links if not leads_somewhere(document, link)] == []


@pytest.mark.parametrize("library", ["events", "platform"])
def test_the_page_of_a_library_lists_all_its_modules(library: str) -> None:
    package = f"libs/{library}/clinic_{library}/"
    inside = [name.removeprefix(package) for name in FILES if name.startswith(package)]
    names = {name.partition("/")[0].removesuffix(".py") for name in inside}
    listed = set(re.findall(r"`([a-z_]+)/?`", text_of(f"libs/{library}/README.md")))
    assert names - {"__init__", "py", "py.typed", "data"} - listed == set()


def test_every_command_of_make_that_a_document_names_can_be_given() -> None:
    can_be_given = {name for line in TARGETS.findall(text_of("Makefile")) for name in line.split()}
    named = {name for document in DOCUMENTS for name in commands_of_make_in(text_of(document))}
    assert {"demo", "test"} <= named
    assert named - can_be_given == set()


def test_the_glossary_explains_each_word_once_by_the_alphabet() -> None:
    words = re.findall(r"^\*\*(.+?)\*\* – ", text_of("docs/glossary.md"), re.MULTILINE)
    assert len(words) > 100
    assert words == sorted({word.casefold(): word for word in words}.values(), key=str.casefold)


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = "docs/decisions/"
    decisions = {name.removeprefix(folder) for name in DOCUMENTS if name.startswith(folder)}
    assert {*links_in(text_of(f"{folder}README.md"))} == decisions - {"README.md"}


@pytest.mark.parametrize(
    ("link", "does"),
    [
        ("../decisions/README.md", True),
        ("../decisions", True),
        ("first-hour.md#the-first-hour", True),
        ("#the-first-hour", True),
        ("nowhere.md", False),
        ("first-hour.md#nowhere", False),
    ],
)
def test_a_link_that_leads_nowhere_is_known(link: str, does: bool) -> None:
    assert leads_somewhere("docs/guides/first-hour.md", link) is does


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("`make demo` plays", ["demo"]),
        ("```sh\nmake check test   # both\n```", ["check", "test"]),
        ("They make do.", []),
        ("`cmake demo`", []),
    ],
)
def test_a_command_of_make_is_known_by_being_code(text: str, named: list[str]) -> None:
    assert list(commands_of_make_in(text)) == named
