"""Who may do what, and what refusals become: the tables of every service are whole."""

from inspect import getmembers, isclass

import pytest

from clinic_ctl.stack.issuer import ROLES
from tests.contract.services import SERVICES, Service

services = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)

# What needs no login. Another one is a decision, and belongs here first.
PUBLIC = {
    "intake": {"receive_enquiry"},
    "sessions": {"show_board_page"},
    "notifications": set(),
    "outcomes": {
        "show_survey_page",
        "open_survey_session",
        "get_survey_session",
        "save_survey_draft",
        "answer_survey",
    },
}


def refusals_of(service: Service) -> set[type[Exception]]:
    """The errors of its domain; not those that only hold the others together."""
    errors = {
        error
        for _, error in getmembers(service.errors, isclass)
        if issubclass(error, Exception) and error.__module__.startswith(service.errors.__name__)
    }
    return {error for error in errors if not error.__subclasses__()}


@services
def test_every_route_has_a_row_and_every_row_a_route(service: Service) -> None:
    assert len(service.routes) == sum(len(router.routes) for router in service.routers)
    assert sorted(service.operations) == sorted(service.policy.operations)


@services
def test_every_role_is_one_that_the_issuer_gives(service: Service) -> None:
    rows = service.policy.operations.items()
    unknown = {op: roles - set(ROLES) for op, roles in rows if roles and roles - set(ROLES)}
    assert unknown == {}


@services
def test_only_what_is_listed_here_needs_no_login(service: Service) -> None:
    public = {op for op in service.policy.operations if service.policy.is_public(op)}
    assert public == PUBLIC[service.name]


@services
def test_every_refusal_of_the_domain_has_a_status(service: Service) -> None:
    refusals = refusals_of(service)
    assert refusals, "A domain that refuses nothing was not read."
    assert [error.__name__ for error in refusals - service.problems.keys()] == []


@services
def test_every_refusal_is_the_callers_to_mend(service: Service) -> None:
    statuses = {error.__name__: status for error, status in service.problems.items()}
    assert {name: status for name, status in statuses.items() if not 400 <= status < 500} == {}
