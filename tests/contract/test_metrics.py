"""Everything that is measured is on one page, and nothing is measured elsewhere."""

import ast
import re

from prometheus_client import REGISTRY

from tests.contract import measured
from tests.contract.test_repository import FILES, text_of

DECLARED_IN = {"libs/events/clinic_events/metrics.py", "libs/platform/clinic_platform/metrics.py"}
NAMES = {measured.name_of(one) for part in measured.PARTS.values() for one in measured.of(part)}
CODE = [name for name in FILES if name.startswith(("libs/", "services/")) and name.endswith(".py")]


def test_the_page_of_metrics_is_that_of_the_code() -> None:
    assert measured.PATH.read_text() == measured.page(), "Meant? Run `make golden` and review."


def test_every_metric_is_declared_in_one_of_two_places() -> None:
    """Whoever names a class of the client makes a metric. To ask what is there makes none."""
    assert {name for name in CODE if makes_metrics(text_of(name))} == DECLARED_IN


def makes_metrics(code: str) -> bool:
    kinds = {"Counter", "Gauge", "Histogram", "Summary"}
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "prometheus_client"
        and kinds & {name.name for name in node.names}
        for node in ast.walk(ast.parse(code))
    )


def test_each_is_shown_under_the_name_on_the_page() -> None:
    shown = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in REGISTRY.collect()
    }
    assert len(NAMES) > 20
    assert NAMES - shown == set()


def test_what_the_guide_to_deploying_looks_at_is_measured() -> None:
    guide = text_of("docs/guides/deploy-a-service.md")
    looked_at = set(re.findall(r"`((?:events|promises)_[a-z_]+)`", guide))
    assert len(looked_at) > 4
    assert looked_at - NAMES == set()
