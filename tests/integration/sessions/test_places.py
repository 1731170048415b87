"""A location over HTTP: its document, what is missing, and the events that follow."""

from datetime import timedelta

from tests.support.answers import done, refused
from tests.support.sessions import TOMORROW
from tests.support.sessions_doors import HERE, Service, a_document

PLAN, APPLY, BROKEN = f"{HERE}/changes", f"{HERE}/changes/apply", f"{HERE}/broken-bookings"


async def test_a_document_that_contradicts_itself_is_refused_with_every_fault(
    sessions: Service,
) -> None:
    document = a_document(
        chairs=[{"name": "zwcanary", "room": "zwcanary"}],
        closures=[{"id": "c", "first": "2030-01-09", "last": "2030-01-08", "reason": "holiday"}],
        protocols=["zwcanary"],
    )
    change = {"document": document, "fingerprint": f"{'0' * 32}-{'0' * 32}"}
    for answer in (
        await sessions.put(HERE, document, If_Match='"1"'),
        await sessions.post(PLAN, document),
        await sessions.post(APPLY, change),
    ):
        problem = refused(answer, 422, "location_contradicts_itself")
        assert [(fault["pointer"], fault["rule"]) for fault in problem["errors"]] == [
            ("/closures/0/last", "first_before_last"),
            ("/chairs/0/room", "known_room"),
            ("/protocols/0", "known_protocol"),
        ]
        assert "zwcanary" not in answer.text
    assert done(await sessions.get(HERE))["version"] == 1


async def test_what_is_missing_before_a_first_patient_is_listed_until_nothing_is(
    sessions: Service,
) -> None:
    done(await sessions.put(HERE, a_document(registration=None), If_Match='"1"'))
    first = done(await sessions.get(f"{HERE}/opening-readiness"))
    codes = {finding["code"] for finding in first["findings"]}
    assert (first["ready"], first["version"]) == (False, 2)
    blocking = {finding["code"] for finding in first["findings"] if finding["blocks"]}
    assert blocking == {"rota_gap", "no_registration"}
    assert codes - blocking == {"rota_role_gap", "no_prescription_monitoring"}
    assert all(finding[part] for finding in first["findings"] for part in ("what", "why", "how"))

    on_call = {"member": "nurse_ada", "email": "on-call@example.org"}
    whole = {"opens": "08:00", "closes": "18:00"}
    days = a_document()["hours"]
    mended = a_document(
        rota=[
            {**on_call, "weekday": day, "hours": whole, "role": role}
            for day in days
            for role in ("charge_nurse", "prescriber", "medical_director")
        ],
        prescription_monitoring={"before_dose": False, "every_days": 0, "law": "none, 2030"},
        registration={
            "number": "XX0000000",
            "schedules": ["IIIN"],
            "expires_on": "2031-06-30",
        },
    )
    done(await sessions.put(HERE, mended, If_Match='"2"'))
    second = done(await sessions.get(f"{HERE}/opening-readiness", by="front_desk"))
    assert (second["ready"], second["findings"]) == (True, [])


async def test_what_nobody_may_know_of_another_place_is_not_found(sessions: Service) -> None:
    change = {"document": a_document(), "fingerprint": f"{'0' * 32}-{'0' * 32}"}
    elsewhere = "location_admin@loc_elsewhere"
    for answer in (
        await sessions.get(f"{HERE}/opening-readiness", by=elsewhere),
        await sessions.get(BROKEN, by=elsewhere),
        await sessions.post(PLAN, a_document(), by=elsewhere),
        await sessions.post(APPLY, change, by=elsewhere),
    ):
        refused(answer, 404, "location_not_found")
    absent = await sessions.get("/v1/locations/loc_none/opening-readiness", by="org_admin@loc_none")
    refused(absent, 404, "location_not_found")


async def test_a_chair_that_is_closed_for_a_day_is_not_offered(sessions: Service) -> None:
    plan_id = await sessions.cleared("pat_1")
    closure = {"id": "c", "first": "2030-01-08", "last": "2030-01-08", "reason": "repair"}
    document = a_document(closures=[{**closure, "of": ["chair_1"]}])
    done(await sessions.put(HERE, document, If_Match='"1"'))
    asked = {"from": TOMORROW.isoformat(), "to": (TOMORROW + timedelta(minutes=30)).isoformat()}
    slots = done(await sessions.get("/v1/slots", by="nurse", plan_id=plan_id, **asked))
    assert [slot["chair"] for slot in slots["items"]] == ["chair_2"]
    booking = {
        "plan_id": plan_id,
        "starts_at": TOMORROW.isoformat(),
        "chair": "chair_1",
        "nurse": "nurse_ada",
    }
    problem = refused(await sessions.post("/v1/sessions", booking, by="nurse"), 409, "slot_taken")
    assert [(one["kind"], one["resource"]) for one in problem["conflicts"]] == [
        ("place", "chair_1")
    ]
