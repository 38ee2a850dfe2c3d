"""Dated tables: triage rules, income lines, ZIP codes, facilities, partners outside the fund."""

from typing import ClassVar

from django.db import models

from providers.dated import DatedRow


class PartOfCity(models.TextChoices):
    """The only place a report ever names."""

    NORTH = "north", "North"
    NORTHEAST = "northeast", "Northeast"
    CENTRAL = "central", "Central"
    SOUTH = "south", "South"
    SOUTHWEST = "southwest", "Southwest"


class Residency(models.TextChoices):
    """What the home ZIP says about living in Minneapolis when taken."""

    IN = "in", "Lives in Minneapolis"
    PRESUMED = "presumed", "Presumed from the caller's word"
    STRADDLING = "straddling", "ZIP crosses the city line: ask"
    OUTSIDE = "outside", "ZIP outside the city"
    UNKNOWN = "unknown", "Not known"


class TriageRule(DatedRow):
    """One of the ordered rules from answers to case type; the first whose condition holds decides.

    `condition` is a list of tests that must all hold: `{"fact": name, "in": [values]}`; `referrals.triage.VOCABULARY`
    lists the facts. A rule that `only_adds` never decides: its code becomes a secondary one wherever it holds.
    `deadlines` are the codes of the clocks that the case brings with it. The code `INFO` is no case type: a request it
    decides is answered with advice and opens no case; a case that exists is never decided by it.
    """

    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=12)
    secondary = models.JSONField(default=list, blank=True)
    condition = models.JSONField(default=list, blank=True)
    sentence = models.CharField(max_length=200)
    ask = models.CharField(max_length=120, blank=True)
    only_adds = models.BooleanField(default=False)
    deadlines = models.JSONField(default=list, blank=True)

    class Meta(DatedRow.Meta):
        ordering = ("position",)
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["position", "valid_from"], name="triagerule_one_per_position"),
        ]

    def __str__(self) -> str:
        return f"{self.position} → {self.code}"


class UrgencyRule(DatedRow):
    """One of the ordered rows from answers to how soon somebody must act; the first whose condition holds decides.

    `condition` is as in `TriageRule`, with the facts of `referrals.urgency.TIER_VOCABULARY`; a test of hours is
    `{"fact": name, "at_most": hours}`. `reason` stands in a column of the case: no word on health or papers.
    """

    position = models.PositiveSmallIntegerField()
    # 0 to 3: `referrals.models.Urgency`.
    tier = models.PositiveSmallIntegerField()
    reason = models.SlugField(max_length=40)
    condition = models.JSONField(default=list, blank=True)
    sentence = models.CharField(max_length=200)

    class Meta(DatedRow.Meta):
        ordering = ("position",)
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["position", "valid_from"], name="urgencyrule_one_per_position"),
            models.CheckConstraint(condition=models.Q(tier__lte=3), name="urgencyrule_known_tier"),
        ]

    def __str__(self) -> str:
        return f"{self.position} → T{self.tier} {self.reason}"


class IncomeLine(DatedRow):
    """The poverty guideline of a year in whole US dollars a year, and the share of it that counts as eligible."""

    first_person = models.PositiveIntegerField()
    each_additional = models.PositiveIntegerField()
    percent = models.PositiveSmallIntegerField(default=200)
    # Up to here a coordinator may find a case eligible, with a reason.
    hardship_percent = models.PositiveSmallIntegerField(default=300)

    class Meta(DatedRow.Meta):
        ordering = ("-valid_from",)

    def __str__(self) -> str:
        return f"{self.percent} % from {self.valid_from}"

    def limit(self, household: int) -> int:
        """The highest eligible yearly income, US dollars, for a household of `household` people."""
        return self._share(household, self.percent)

    def hardship_limit(self, household: int) -> int:
        """The highest yearly income, US dollars, that a coordinator may pass for hardship."""
        return self._share(household, self.hardship_percent)

    def _share(self, household: int, percent: int) -> int:
        return (self.first_person + self.each_additional * (household - 1)) * percent // 100


class ResidencyZip(DatedRow):
    """What a home ZIP says about residency; "Minneapolis" in an address proves nothing."""

    zip_code = models.CharField(max_length=5)
    verdict = models.CharField(max_length=12, choices=Residency.choices)
    part_of_city = models.CharField(max_length=12, choices=PartOfCity.choices, blank=True)

    class Meta(DatedRow.Meta):
        ordering = ("zip_code",)
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["zip_code", "valid_from"], name="residencyzip_one_row_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.zip_code}: {self.verdict}"


class Custody(models.TextChoices):
    UNKNOWN = "unknown", "Not known"
    HELD_LOCAL = "held_local", "Held by local police or jail"
    ICE_HOLD_ROOM = "ice_hold_room", "ICE hold room"
    ICE_MN = "ice_mn", "ICE, in Minnesota"
    ICE_OUT_OF_STATE = "ice_out_of_state", "ICE, out of state"
    RELEASED = "released", "Not held"
    REMOVED = "removed", "Removed"


class Facility(DatedRow):
    """A place people are held, the custody it means, and its federal circuit (habeas venue and bond rules)."""

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    custody = models.CharField(max_length=20, choices=Custody.choices)
    us_state = models.CharField(max_length=2)
    circuit = models.PositiveSmallIntegerField()
    # How somebody held there can be reached; empty where nobody has checked yet.
    phone = models.CharField(max_length=40, blank=True)
    takes_calls = models.BooleanField(null=True, blank=True, help_text="May people held there be called?")
    call_vendor = models.CharField(max_length=80, blank=True)
    legal_calls = models.CharField(max_length=200, blank=True)
    mail = models.CharField(max_length=200, blank=True)
    visits = models.CharField(max_length=200, blank=True)
    messages_are_private = models.BooleanField(null=True, blank=True)

    class Meta(DatedRow.Meta):
        ordering = ("name",)
        verbose_name_plural = "facilities"
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["code", "valid_from"], name="facility_one_row_per_day"),
        ]

    def __str__(self) -> str:
        return self.name

    def ways_to_reach(self) -> list[str]:
        """What is known of reaching somebody held here, one sentence each."""
        calls = {True: "People held can be called.", False: "Takes no calls for people held.", None: ""}
        private = {True: "Messages are private.", False: "Messages are not private.", None: ""}
        named = {
            "Lawyer's call": self.legal_calls,
            "Calls through": self.call_vendor,
            "Mail": self.mail,
            "Visits": self.visits,
        }
        known = [f"{name}: {value}" for name, value in named.items() if value]
        return [way for way in (calls[self.takes_calls], private[self.messages_are_private], *known) if way]


class ReferralPartner(DatedRow):
    """Someone outside the fund's routing to whom a family is sent warmly, with a number that answers."""

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=20)
    helps_with = models.CharField(max_length=160)
    # Told at once to a family whose home lies outside the city, while a person looks at the request.
    helps_outside_city = models.BooleanField(default=False)

    class Meta(DatedRow.Meta):
        ordering = ("name",)
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["code", "valid_from"], name="partner_one_row_per_day"),
        ]

    def __str__(self) -> str:
        return self.name
