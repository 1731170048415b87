"""What is measured and asked at the bedside, each within what can be meant.

A number outside its bounds is none that anybody could have read off a device, and is refused by its
field and bound (clinic default). The worst is within: a heart that stands still is shown as 0. What
is too low or too high for a patient is in the gates and in the limits of the protocol.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo

from clinic_platform.web import Sent, shown_as
from clinic_sessions.schemas.kinds import Code

Hours = Annotated[float, Field(ge=0, le=72)]
Days = Annotated[int, Field(ge=0, le=3660)]


def _below_systolic(diastolic: int, others: ValidationInfo) -> int:
    """The higher pressure of a pulse is the systolic one. Where there is no pulse both are 0.

    Stands after `systolic` in whatever holds both.
    """
    systolic = others.data.get("systolic")
    if systolic is not None and diastolic >= systolic and (systolic, diastolic) != (0, 0):
        raise ValueError("The diastolic pressure is below the systolic one.")
    return diastolic


Systolic = Annotated[int, Field(ge=0, le=400)]
Diastolic = Annotated[int, Field(ge=0, le=400), AfterValidator(_below_systolic)]
HeartRate = Annotated[int, Field(ge=0, le=400)]
SpO2 = Annotated[int, Field(ge=0, le=100)]
Moaas = Annotated[int, Field(ge=0, le=5)]
PregnancyTest: TypeAlias = Literal["negative", "positive", "not_due", "not_applicable"]


class Checks(Sent):
    """Facts from the bedside. What is left out was not measured.

    Weight in kg, blood pressure in mm[Hg], heart rate per minute, SpO2 in percent on room air.
    `pregnancy_test` is `not_due` where a negative one is recent enough, and `not_applicable` to
    whoever cannot be pregnant. Hours since somebody ate or drank: 72 for any longer. MOAA/S 0-5,
    dissociation 0-10 in one question. `days_since_measure`: since the newest PHQ-9 or the like that
    no survey of ours has asked; `days_since_pdmp_check`: since the state's prescription monitoring
    programme was asked about this patient, 0 for today. `concomitant_…`: whether the patient takes
    one of those beside, as the monitoring form of a risk programme asks. `weight_measured_again` is
    the caller's word that a weight far from the last dose's, or an unusual one where there is none
    to hold it against, was measured a second time, and is right: it is about the weight it comes
    with, or the one before it.
    """

    model_config = shown_as(
        {
            "identity_confirmed": True,
            "escort_confirmed": True,
            "hours_since_clear_fluids": 6.0,
            "weight_kg": 82.0,
            "systolic": 124,
            "diastolic": 78,
            "spo2": 98,
        }
    )

    identity_confirmed: bool | None = None
    escort_confirmed: bool | None = None
    suicide_screen_negative: bool | None = None
    hours_since_clear_fluids: Hours | None = None
    hours_since_light_meal: Hours | None = None
    hours_since_fatty_meal: Hours | None = None
    hours_since_food: Hours | None = None
    minutes_since_fluids: Annotated[int, Field(ge=0, le=4320)] | None = None
    nasal_spray_within_an_hour: bool | None = None
    programme_enrolled: bool | None = None
    prescriber_on_site: bool | None = None
    pregnancy_test: PregnancyTest | None = None
    resuscitation_kit_checked: bool | None = None
    life_support_on_site: bool | None = None
    line_is_patent: bool | None = None
    weight_kg: Annotated[float, Field(ge=20, le=400)] | None = None
    weight_measured_again: Literal[True] | None = None
    systolic: Systolic | None = None
    diastolic: Diastolic | None = None
    heart_rate: HeartRate | None = None
    spo2: SpO2 | None = None
    moaas: Moaas | None = None
    dissociation: Annotated[int, Field(ge=0, le=10)] | None = None
    medicines_reconciled: bool | None = None
    concomitant_benzodiazepine: bool | None = None
    concomitant_sedative: bool | None = None
    concomitant_stimulant: bool | None = None
    concomitant_maoi: bool | None = None
    days_since_measure: Days | None = None
    days_since_pdmp_check: Days | None = None


class DischargeAssessment(Sent):
    """MOAA/S 0-5, modified Aldrete 0-10, dissociation 0-10 in one question: how far that
    is above the one before the dose is reckoned.

    `escort` is who they are to the patient (`spouse`, `friend`, …), never their name.
    """

    model_config = shown_as(
        {
            "systolic": 126,
            "diastolic": 80,
            "spo2": 98,
            "moaas": 5,
            "aldrete": 10,
            "gait_is_steady": True,
            "escort_present": True,
            "escort": "friend",
        }
    )

    systolic: Systolic | None = None
    diastolic: Diastolic | None = None
    spo2: SpO2 | None = None
    moaas: Moaas | None = None
    aldrete: Annotated[int, Field(ge=0, le=10)] | None = None
    dissociation: Annotated[int, Field(ge=0, le=10)] | None = None
    is_oriented: bool | None = None
    gait_is_steady: bool | None = None
    nausea_is_controlled: bool | None = None
    new_suicidal_ideation: bool | None = None
    line_is_removed: bool | None = None
    instructions_given: bool | None = None
    escort_present: bool | None = None
    escort: Code | None = None


def noted(sent: Checks | DischargeAssessment) -> dict[str, bool | float | str]:
    """Only what was measured: a fact that is left out stays as it is known."""
    return sent.model_dump(exclude_none=True)
