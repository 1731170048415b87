"""Rules are data, receipts can be decided again, and what is not known stays so."""

from datetime import UTC, datetime, timedelta

import pytest

from clinic_platform.decisions import BadRuleSet, Known, Receipt, RuleSet

NOON = datetime(2030, 1, 7, 12, 0, 0, 123456, tzinfo=UTC)


def rules(when: object, **fields: object) -> RuleSet:
    rule = {
        "id": "R-1",
        "when": when,
        "then": "exclude",
        "unknown": "review",
        "message": "A rule of a test.",
        "source": "clinic default",
        **fields,
    }
    document = {
        "rule_set": "testing",
        "version": 1,
        "ladder": ["exclude", "review", "clear"],
        "rules": [rule],
    }
    return RuleSet.parse(document)


def outcome(when: object, **values: bool | int | float | str | None) -> str:
    facts = {name: Known(value=value) for name, value in values.items()}
    return rules(when).decide(facts, as_of=NOON).outcome


HIGH = {"fact": "systolic", "at_least": 180}
SMOKES = {"fact": "smokes", "is": True}


@pytest.mark.parametrize(
    ("when", "systolic", "expected"),
    [
        ({"fact": "systolic", "at_least": 180}, 180, "exclude"),
        ({"fact": "systolic", "at_least": 180}, 179.9, "clear"),
        ({"fact": "systolic", "at_most": 90}, 90, "exclude"),
        ({"fact": "systolic", "above": 180}, 180, "clear"),
        ({"fact": "systolic", "below": 90}, 89, "exclude"),
        ({"fact": "systolic", "at_least": 90, "below": 100}, 100, "clear"),
        ({"fact": "systolic", "at_least": 90, "below": 100}, 95, "exclude"),
        ({"fact": "systolic", "in": [1, 2.5]}, 2.5, "exclude"),
        ({"fact": "systolic", "is_not": 1}, 2, "exclude"),
        ({"not": {"fact": "systolic", "is": 1}}, 1, "clear"),
    ],
)
def test_a_number_is_compared_as_the_rule_states(
    when: object, systolic: float, expected: str
) -> None:
    assert outcome(when, systolic=systolic) == expected


@pytest.mark.parametrize("value", [None, "180", True])
def test_a_missing_value_or_one_of_another_kind_is_not_known(value: str | None) -> None:
    assert outcome(HIGH, systolic=value) == "review"


def test_one_is_not_true() -> None:
    assert outcome(SMOKES, smokes=1) == "review"


@pytest.mark.parametrize(
    ("systolic", "smokes", "both", "either"),
    [
        (200, True, "exclude", "exclude"),
        (200, None, "review", "exclude"),
        (100, None, "clear", "review"),
        (None, True, "review", "exclude"),
        (None, False, "clear", "review"),
        (None, None, "review", "review"),
        (100, False, "clear", "clear"),
    ],
)
def test_an_unknown_fact_matters_only_while_it_could_decide(
    systolic: int | None, smokes: bool | None, both: str, either: str
) -> None:
    assert outcome({"all": [HIGH, SMOKES]}, systolic=systolic, smokes=smokes) == both
    assert outcome({"any": [HIGH, SMOKES]}, systolic=systolic, smokes=smokes) == either


def test_the_opposite_of_not_known_is_not_known() -> None:
    assert outcome({"not": SMOKES}) == "review"


def test_a_stale_fact_counts_as_not_known() -> None:
    fresh = rules(HIGH, fresh_for="72h")
    at_the_limit = Known(value=100, known_at=NOON - timedelta(hours=72))
    too_old = Known(value=100, known_at=NOON - timedelta(hours=72, seconds=1))

    assert fresh.decide({"systolic": at_the_limit}, as_of=NOON).outcome == "clear"
    assert fresh.decide({"systolic": too_old}, as_of=NOON).outcome == "review"
    assert fresh.decide({"systolic": Known(value=100)}, as_of=NOON).outcome == "review"


def test_a_finding_lists_the_facts_it_used_and_how_old_they_were() -> None:
    known = Known(value=190, known_at=NOON - timedelta(minutes=5), source="obs_1")

    receipt = rules(HIGH, waivable_by=["prescriber"]).decide({"systolic": known}, as_of=NOON)

    [finding] = receipt.blocking
    assert (finding.rule, finding.why, finding.waivable_by) == ("R-1", "hit", ("prescriber",))
    [used] = finding.used
    assert (used.name, used.value, used.age_seconds) == ("systolic", 190, 300)


def test_the_worst_outcome_wins_and_the_last_rung_is_no_finding() -> None:
    document = {
        "rule_set": "testing",
        "version": 2,
        "ladder": ["exclude", "review", "clear"],
        "rules": [
            _rule("A", then="review"),
            _rule("B", then="exclude"),
            _rule("C", then="clear"),
        ],
    }

    receipt = RuleSet.parse(document).decide({"systolic": Known(value=200)}, as_of=NOON)

    assert receipt.outcome == "exclude"
    assert [finding.rule for finding in receipt.findings] == ["A", "B"]


def test_a_receipt_survives_its_document_and_can_be_decided_again() -> None:
    rule_set = rules({"any": [HIGH, SMOKES, {"fact": "site", "in": ["a", "b"]}]}, fresh_for="1d")
    facts = {
        "systolic": Known(value=181.5, known_at=NOON - timedelta(microseconds=1), source="obs_1"),
        "smokes": Known(value=False),
        "not_looked_at": Known(value="x"),
    }

    receipt = rule_set.decide(facts, as_of=NOON)
    again = Receipt.from_document(receipt.to_document())

    assert again == receipt
    assert rule_set.decide(again.facts, as_of=again.as_of) == receipt
    assert set(receipt.facts) == {"systolic", "smokes", "site"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_no_record_can_hold_is_no_fact(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Known(value=value)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"when": {"fact": "x", "like": 1}}, "R-1.when.like"),
        ({"when": {"fact": "x"}}, "R-1.when"),
        ({"when": {"all": []}}, "R-1.when.all"),
        ({"when": {"xor": []}}, "xor"),
        ({"when": {"fact": "x", "at_least": True}}, "R-1.when.at_least"),
        ({"when": {"fact": "x", "in": [1, "a"]}}, "R-1.when.in"),
        ({"when": {"fact": "x", "is": None}}, "R-1.when.is"),
        ({"when": None}, "R-1.when"),
        ({"then": "explode"}, "R-1.then"),
        ({"unknown": None}, "R-1.unknown"),
        ({"message": ""}, "R-1.message"),
        ({"source": 3}, "R-1.source"),
        ({"fresh_for": "soon"}, "R-1.fresh_for"),
        ({"waivable_by": "prescriber"}, "R-1.waivable_by"),
        ({"colour": "red"}, "R-1.colour"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_by_name(
    fields: dict[str, object], named: str
) -> None:
    with pytest.raises(BadRuleSet, match=named.replace(".", r"\.")):
        rules(**{"when": HIGH, **fields})


def test_two_rules_of_one_id_are_refused() -> None:
    document = {
        "rule_set": "testing",
        "version": 1,
        "ladder": ["exclude", "review", "clear"],
        "rules": [_rule("A", then="review"), _rule("A", then="review")],
    }
    with pytest.raises(BadRuleSet, match="one id"):
        RuleSet.parse(document)


def _rule(rule_id: str, *, then: str) -> dict[str, object]:
    return {
        "id": rule_id,
        "when": HIGH,
        "then": then,
        "unknown": "review",
        "message": "A rule of a test.",
        "source": "clinic default",
    }


@pytest.mark.parametrize("limit", [float("nan"), float("inf")])
def test_a_limit_that_is_no_finite_number_is_refused(limit: float) -> None:
    rule = {
        "id": "R-1",
        "when": {"fact": "systolic", "at_least": limit},
        "then": "exclude",
        "unknown": "exclude",
        "message": "Too high.",
        "source": "clinic default",
    }
    with pytest.raises(BadRuleSet, match="R-1"):
        RuleSet.parse(
            {"rule_set": "x", "version": 1, "ladder": ["exclude", "clear"], "rules": [rule]}
        )


def test_a_fact_from_the_future_is_not_believed() -> None:
    rule = {
        "id": "R-1",
        "when": {"fact": "systolic", "at_least": 180},
        "then": "exclude",
        "unknown": "exclude",
        "message": "Too high.",
        "source": "clinic default",
        "fresh_for": "1h",
    }
    rules = RuleSet.parse(
        {"rule_set": "x", "version": 1, "ladder": ["exclude", "clear"], "rules": [rule]}
    )
    now = datetime(2030, 1, 7, 12, tzinfo=UTC)
    ahead = {"systolic": Known(value=120, known_at=now + timedelta(days=1))}
    a_little = {"systolic": Known(value=120, known_at=now + timedelta(minutes=1))}
    assert rules.decide(ahead, as_of=now).outcome == "exclude"
    assert rules.decide(a_little, as_of=now).outcome == "clear"
