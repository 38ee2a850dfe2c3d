"""The dated rules of a case's money."""

from datetime import date, timedelta

from funding.models import Grant, MoneyRule


def rule_on(day: date) -> MoneyRule:
    """The rules of the day; the newest row where two cover it. Raises LookupError where none does."""
    rule = MoneyRule.objects.on(day).order_by("-valid_from").first()
    if rule is None:
        raise LookupError(f"no money rule for {day}")
    return rule


def last_day_to_bill(grant: Grant) -> date:
    """Until when work that was done while the grant ran can be invoiced to it."""
    return grant.ends_on + timedelta(days=rule_on(grant.ends_on).days_after_grant_end)
