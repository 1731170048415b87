"""Which roles a caller has, and where."""

from clinic_platform.auth import Caller, Grant


def test_a_role_counts_only_where_it_is_held() -> None:
    grants = [Grant("nurse", frozenset({"loc_1"})), Grant("prescriber", frozenset({"loc_2"}))]
    caller = Caller.by("usr_testa", [*grants, Grant("auditor", None)])
    assert caller.roles_at("loc_1") == {"nurse", "auditor"}
    assert caller.roles_at("loc_2") == {"prescriber", "auditor"}
