"""The dated rules of a case's money."""

from datetime import date

from funding.models import MoneyRule


def rule_on(day: date) -> MoneyRule:
    """The rules of the day; the newest row where two cover it. Raises LookupError where none does."""
    rule = MoneyRule.objects.on(day).order_by("-valid_from").first()
    if rule is None:
        raise LookupError(f"no money rule for {day}")
    return rule
