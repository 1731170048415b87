"""What is asked of a vial, as the API takes it."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonValue

from clinic_platform.web import Day, Sent, Text, shown_as
from clinic_sessions.domain.drugs.product import Product
from clinic_sessions.domain.drugs.witnessing import Proposal
from clinic_sessions.schemas.kinds import Code, Id, Name


def _in_micrograms(mg: Decimal) -> Decimal:
    if mg != round(mg, 3):
        raise ValueError("Milligrams have three decimals at most.")
    return mg


Milligrams = Annotated[Decimal, Field(gt=0, le=10_000), AfterValidator(_in_micrograms)]
FoundMilligrams = Annotated[Decimal, Field(ge=0, le=10_000), AfterValidator(_in_micrograms)]
Millilitres = Annotated[Decimal, Field(gt=0, le=500)]
Reference = Annotated[str, Text(60)]


def micrograms(mg: Decimal) -> int:
    return int(mg * 1000)


def _example(**values: JsonValue) -> ConfigDict:
    return shown_as(values)


class ReceiveVial(Sent):
    """As on the package and the invoice. Stored at once unless `is_stored` is false."""

    model_config = _example(
        drug="ketamine",
        product_code="0000-0000-01",
        lot="LOT-SAMPLE-1",
        strength_mg_per_ml=50,
        volume_ml=10,
        is_multi_dose=True,
        expires_on="2031-01-31",
        supplier="sample-supplies",
        reference="INV-555-0100",
    )

    drug: Code
    product_code: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{4,20}$")]
    lot: Annotated[str, Field(pattern=r"^[0-9A-Za-z./-]{1,30}$")]
    strength_mg_per_ml: Annotated[Decimal, Field(gt=0, le=1000), AfterValidator(_in_micrograms)]
    volume_ml: Annotated[Decimal, Field(gt=0, le=500, decimal_places=3)]
    is_multi_dose: bool
    expires_on: Day
    supplier: Name
    reference: Reference
    is_stored: bool = True

    @model_validator(mode="after")
    def _has_something_in_it(self) -> Self:
        if self.to_product().micrograms == 0:
            raise ValueError("strength_mg_per_ml times volume_ml is a microgram at least.")
        return self

    def to_product(self) -> Product:
        return Product(
            drug=self.drug,
            code=self.product_code,
            lot=self.lot,
            strength=micrograms(self.strength_mg_per_ml),
            volume_ml=self.volume_ml,
            is_multi_dose=self.is_multi_dose,
            expires_on=self.expires_on,
            supplier=self.supplier,
            reference=self.reference,
        )


class DrawDose(Sent):
    """`ml`, where it is given, must fit the milligrams at the strength of the vial."""

    model_config = _example(session_id="ses_sample", mg=41, ml=0.82)

    session_id: Id
    mg: Milligrams
    ml: Millilitres | None = None


class GiveDose(Sent):
    model_config = _example(session_id="ses_sample", mg=41)

    session_id: Id
    mg: Milligrams


class ProposeWaste(Sent):
    """Of a syringe, with `session_id`; else of the vial that the caller has.

    With `form_41`, unused stock from the store is destroyed, before two employees who witness it.
    `method` is a code.
    """

    model_config = _example(mg=9, method="drug_disposal_pouch", session_id="ses_sample")

    mg: Milligrams
    method: Code
    session_id: Id | None = None
    form_41: Reference | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if self.session_id is not None and self.form_41 is not None:
            raise ValueError("What is in a syringe is wasted, not destroyed by form 41.")
        return self

    def to_proposal(self) -> Proposal:
        return Proposal(
            kind="wasted" if self.form_41 is None else "destroyed",
            micrograms=micrograms(self.mg),
            method=self.method,
            session_id=self.session_id,
            form=self.form_41,
        )


class ReturnVial(Sent):
    """Back into the store by the one who has it; from the store to the supplier or to another
    place, whole, with the number of the document that goes with it, before a witness."""

    model_config = _example(to="store")

    to: Literal["store", "supplier", "location"]
    location_id: Name | None = None
    reference: Reference | None = None


class CountVial(Sent):
    """What one person finds in the vial, on their own. Two different people count at the
    start of a shift, before the vial is used, and at its end, before the day is closed."""

    model_config = _example(shift="end", mg=459)

    shift: Literal["start", "end"]
    mg: FoundMilligrams


class CorrectEntry(Sent):
    """The number of the entry that is taken back."""

    model_config = _example(corrects=4)

    corrects: Annotated[int, Field(ge=1, le=10_000)]
