"""The invariants, each as a pure function from the evidence to its violations."""

from collections.abc import Sequence
from typing import Final

from tests.chaos.checkers import answering, commands, events, hours, promises, secrecy, witnessed
from tests.chaos.checkers.model import Checker, Kind, Violation
from tests.chaos.checkers.promises import twice_in_the_letter_box, uncertain
from tests.chaos.evidence import Evidence

__all__ = ["ALL", "Kind", "Violation", "check", "twice_in_the_letter_box", "uncertain"]

ALL: Final[Sequence[Checker]] = (
    commands.every_command_is_answered,
    commands.effects_are_those_of_the_commands,
    commands.each_answer_is_kept,
    commands.each_command_is_in_the_audit,
    events.each_command_was_published,
    events.nothing_was_published_that_nobody_did,
    events.nothing_waits_to_be_published,
    events.first_occurrences_are_in_order,
    events.each_event_was_handled_once,
    witnessed.each_event_took_effect_once_and_in_order,
    events.all_is_quiet_in_time,
    events.poison_is_set_aside_and_nothing_else,
    answering.commands_are_answered_while_the_broker_is_away,
    answering.a_refusal_states_when_to_come_again,
    answering.accepted_commands_are_answered_before_the_end,
    promises.shuffled_events_end_as_if_in_order,
    promises.each_event_has_its_promises_once,
    promises.each_due_letter_went_out_once_or_has_a_reason,
    promises.each_ended_letter_is_published_once,
    promises.each_survey_is_asked_once,
    hours.each_letter_came_at_its_time,
    hours.each_letter_is_sent_as_long_as_it_is_of_use,
    hours.no_letter_is_of_a_visit_that_was_moved,
    hours.each_survey_is_asked_at_its_time,
    secrecy.no_word_of_a_patient_is_written_in_clear,
)


def check(evidence: Evidence) -> list[Violation]:
    return [violation for checker in ALL for violation in checker(evidence)]
