"""Who is calling, and what they may do: bearer token → principal → caller of one operation."""

from clinic_platform.auth.callers import Caller, Forbidden, Grant, NotAuthenticated, Principal
from clinic_platform.auth.policy import BadPolicy, Policy, policy_of
from clinic_platform.auth.tokens import Authenticator

__all__ = [
    "Authenticator",
    "BadPolicy",
    "Caller",
    "Forbidden",
    "Grant",
    "NotAuthenticated",
    "Policy",
    "Principal",
    "policy_of",
]
