"""Controlled drugs over HTTP."""

from collections.abc import Mapping
from typing import Final

from clinic_sessions.domain import errors
from clinic_sessions.routes.drugs import duties, vials

ROUTERS: Final = (vials.router, duties.router)

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.VialNotFound: 404,
    errors.IncidentNotFound: 404,
    errors.EntryNotFound: 404,
    errors.WasteNotFound: 404,
    errors.CheckOutNotFound: 404,
    errors.FormNotFound: 404,
    errors.UnknownDrug: 422,
    errors.VolumeDoesNotFit: 422,
    errors.PlaceOrDocumentMissing: 422,
    errors.DayNotBegun: 422,
    errors.NotThatMuch: 409,
    errors.VialBlocked: 409,
    errors.VialExpired: 409,
    errors.VialNotInStore: 409,
    errors.VialNotWithYou: 409,
    errors.ShiftNotCounted: 409,
    errors.CheckOutWaits: 409,
    errors.CheckOutTimePassed: 409,
    errors.SessionLongOver: 409,
    errors.MoreThanOrdered: 409,
    errors.StrengthDiffers: 409,
    errors.SyringeHoldsMore: 409,
    errors.WasteWaits: 409,
    errors.WasteTimePassed: 409,
    errors.AnotherPersonNeeded: 409,
    errors.EntryWasCorrected: 409,
    errors.NotByCorrection: 409,
    errors.PlaceNotRegistered: 409,
    errors.SamePlace: 409,
    errors.WrongDrug: 409,
    errors.IncidentClosed: 409,
    errors.NoSuchReport: 409,
    errors.DayClosed: 409,
    errors.DayNotSettled: 409,
    errors.FormIncomplete: 409,
    errors.NotByHand: 422,
    errors.NotSuchAnAnswer: 422,
    errors.FormSubmitted: 409,
}
