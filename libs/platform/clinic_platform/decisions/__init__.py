"""Rules as data, receipts as answers. Pure: the standard library only, so a domain may use it."""

from clinic_platform.decisions.conditions import BadRuleSet, Condition
from clinic_platform.decisions.receipts import Facts, Finding, Known, Receipt, Used
from clinic_platform.decisions.rules import Rule, RuleSet

__all__ = [
    "BadRuleSet",
    "Condition",
    "Facts",
    "Finding",
    "Known",
    "Receipt",
    "Rule",
    "RuleSet",
    "Used",
]
