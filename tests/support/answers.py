"""An answer of the API, read as a test needs it."""

import httpx

from clinic_events.ports import Document


def done(response: httpx.Response) -> Document:
    """The document of a request that was done."""
    assert response.is_success, response.text
    document: Document = response.json()
    return document


def refused(response: httpx.Response, status: int, code: str) -> Document:
    """The problem of one that was refused, with this status and this code."""
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    document: Document = response.json()
    return document
