"""What staff read of the look-ups of a person who was taken."""

from dataclasses import dataclass

from accounts.models import User
from referrals.models import Case, LocatorCheck

# A search of weeks has more: the newest say where it stands.
SHOWN = 30


@dataclass(frozen=True, slots=True)
class LookUp:
    """One look-up, with the name of who looked."""

    check: LocatorCheck
    who: str

    @property
    def where(self) -> str:
        """The place found; "" where none was."""
        if self.check.facility:
            return self.check.facility.name
        return f"a place in {self.check.us_state} that is not in our list" if self.check.us_state else ""


def look_ups_of(case: Case) -> list[LookUp]:
    """The newest look-ups of the case's person, newest first; two queries, however many there were."""
    checks = list(case.locator_checks.select_related("facility")[:SHOWN])
    people = {check.checked_by_user_id for check in checks}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name")) if people else {}
    return [LookUp(check, names.get(check.checked_by_user_id, "A colleague")) for check in checks]
