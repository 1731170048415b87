"""What letters hold, what they never hold, and what never reaches their head."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_notifications.domain.errors import UnsafeHeader
from clinic_notifications.domain.letters import Letter, Wording, address
from clinic_notifications.ports import CannotWrite
from clinic_notifications.store import BadTemplates, DataTemplates
from clinic_notifications.store.mail import message_of
from clinic_platform.data import load
from clinic_platform.testing import NOON

TEMPLATES: dict[str, Any] = load("clinic_notifications", "templates/en.yaml")["templates"]
SMUGGLERS = ["\r\nBcc: x@example.org", "\n", "\r", "\0", "=?utf-8?q?a=0D=0ABcc:_x?=", "\u2028"]
SMUGGLERS += ["\u2029", "\x85", "\x0b", "\ud800"]


def a_letter(**changes: Any) -> Letter:
    letter = Letter(
        message_id="msg_1",
        sender_name="Testville House",
        sender_email="hello@example.org",
        recipient="testa.sample@example.org",
        written_at=NOON,
        wording=Wording(
            subject="You have a message", text="Hello.\n", template="t", template_version=1
        ),
    )
    return replace(letter, **changes)


def forbidden() -> re.Pattern[str]:
    words: list[str] = load("clinic_notifications", "forbidden-words.yaml")["words"]
    endings = (re.escape(word).replace(r"\*", r"\w*") for word in words)
    return re.compile(rf"\b({'|'.join(endings)})\b", re.IGNORECASE)


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_letter_says_what_somebody_is_treated_for(template: str) -> None:
    words = TEMPLATES[template]["subject"] + TEMPLATES[template]["text"]

    assert forbidden().search(words) is None


@pytest.mark.parametrize("words", ["your Ketamine visit", "the PHQ-9", "a new dose", "therapist"])
def test_the_list_of_words_bites(words: str) -> None:
    assert forbidden().search(words)


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_subject_holds_a_name_or_a_secret(template: str) -> None:
    assert not re.search(r"greeting|link|crisis", TEMPLATES[template]["subject"])


def test_a_template_that_uses_what_it_does_not_declare_is_refused() -> None:
    row = {"version": 1, "variables": [], "subject": "Hello", "text": "{{ name }}"}

    with pytest.raises(BadTemplates):
        DataTemplates.parse({"language": "en", "templates": {"t": row}})


def test_a_variable_without_a_value_stops_the_letter() -> None:
    row = {"version": 1, "variables": ["name"], "subject": "Hello", "text": "{{ name }}"}
    templates = DataTemplates.parse({"language": "en", "templates": {"t": row}})

    with pytest.raises(CannotWrite):
        templates.write("t", language="en", values={})


def test_a_template_cannot_reach_behind_its_variables() -> None:
    text = "{{ name.__class__.__mro__ }}"
    row = {"version": 1, "variables": ["name"], "subject": "Hello", "text": text}
    templates = DataTemplates.parse({"language": "en", "templates": {"t": row}})

    with pytest.raises(CannotWrite):
        templates.write("t", language="en", values={"name": "Testa"})


def test_a_language_without_templates_falls_back_to_english() -> None:
    templates = DataTemplates.parse(load("clinic_notifications", "templates/en.yaml"))
    values = {"clinic": "Testville House", "greeting": "Testa", "phone": "555-0100"}

    wording = templates.write("journal-1", language="xx-YY", values=values)

    assert wording.subject == "You have a message from Testville House"


@pytest.mark.parametrize("smuggled", SMUGGLERS)
@pytest.mark.parametrize("field", ["message_id", "sender_name", "sender_email", "recipient"])
def test_nothing_that_adds_lines_reaches_a_head(field: str, smuggled: str) -> None:
    with pytest.raises(UnsafeHeader):
        a_letter(**{field: f"a{smuggled}@example.org"})


@pytest.mark.parametrize("smuggled", SMUGGLERS)
def test_nothing_that_adds_lines_reaches_a_subject(smuggled: str) -> None:
    wording = replace(a_letter().wording, subject=f"Hello{smuggled}")

    with pytest.raises(UnsafeHeader):
        a_letter(wording=wording)


@given(st.text(max_size=80))
def test_whatever_a_sender_is_called_a_letter_has_the_same_headers(name: str) -> None:
    try:
        letter = a_letter(sender_name=name)
    except UnsafeHeader:
        return

    head = bytes(message_of(letter)).split(b"\r\n\r\n")[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    assert sorted(names) == sorted(
        b"Message-ID Date From To Subject Auto-Submitted Content-Type "
        b"Content-Transfer-Encoding MIME-Version".split()
    )


@pytest.mark.parametrize(
    "value",
    ["", "testa", "a@b@example.org", "<a@example.org>", "a@example.org, b@example.org", "a b@c"],
)
def test_what_is_not_one_plain_address_is_refused(value: str) -> None:
    with pytest.raises(UnsafeHeader):
        address("To", value)


def test_a_refusal_never_repeats_the_address() -> None:
    with pytest.raises(UnsafeHeader) as refusal:
        address("To", "testa sample@example.org")

    assert "testa" not in str(refusal.value)
