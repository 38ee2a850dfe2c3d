"""What hangs on a case beside its offers and its log: stages, referrals outside the fund, and the rest of it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from accounts.roles import Actor, Role
from referrals.business_time import CHICAGO
from referrals.models import Case, Stage, StageStart, WarmReferral


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage that was begun, with its plain name."""

    start: StageStart
    name: str


@dataclass(frozen=True)
class CaseParts:
    """The parts of one case that one reader may see, each read when it is shown."""

    case: Case
    actor: Actor
    now: datetime

    @property
    def is_hotlines(self) -> bool:
        """Whether the reader sees every provider's part in the case, and not only their own."""
        return self.actor.acts_as(Role.COORDINATOR) or self.actor.role == Role.AUDITOR

    @cached_property
    def referrals(self) -> list[WarmReferral]:
        """Where the family was sent outside the fund, oldest first; for the hotline and the auditor."""
        return list(self.case.warm_referrals.select_related("partner")) if self.is_hotlines else []

    @cached_property
    def continued_by(self) -> list[Case]:
        """The cases that are the rest of this one."""
        return list(self.case.continued_by.order_by("opened_at"))

    @cached_property
    def stages(self) -> list[StageLine]:
        """The stages begun so far, oldest first; a provider sees its own."""
        starts = StageStart.objects.filter(case=self.case).select_related("provider")
        if not self.is_hotlines:
            starts = starts.filter(provider__organization_id=self.actor.organization_id or 0)
        names = dict(Stage.objects.on(self.now.astimezone(CHICAGO).date()).values_list("code", "name"))
        return [StageLine(start, names.get(start.stage, start.stage)) for start in starts]
