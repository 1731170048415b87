"""FastAPI with our manners: policy, transactions, idempotency, audit, limits and problems."""

from clinic_platform.problems import StaleVersion
from clinic_platform.web.app import create_app
from clinic_platform.web.bodies import (
    Day,
    JsonBody,
    Moment,
    Number,
    Sent,
    Text,
    Whole,
    shown_as,
)
from clinic_platform.web.paging import Page, page_of
from clinic_platform.web.platform_of import Platform
from clinic_platform.web.router import Router, about, caller, keep_no_answer, login_ends_at
from clinic_platform.web.static_page import StaticPage
from clinic_platform.web.streaming import EventStream, sse
from clinic_platform.web.versions import ETag, if_match

__all__ = [
    "Day",
    "ETag",
    "EventStream",
    "JsonBody",
    "Moment",
    "Number",
    "Page",
    "Platform",
    "Router",
    "Sent",
    "StaleVersion",
    "StaticPage",
    "Text",
    "Whole",
    "about",
    "caller",
    "create_app",
    "if_match",
    "keep_no_answer",
    "login_ends_at",
    "page_of",
    "shown_as",
    "sse",
]
