"""The forms of the queue's filters: every choice at once, and the name of a saved one."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.conf.locale import LANG_INFO

from accounts.models import Membership, OrganizationKind, User
from accounts.roles import HOTLINE_ROLES, Actor
from providers.models import Provider
from referrals.filters import ME, NOBODY, Filters
from referrals.models import Custody, State, Urgency
from referrals.models.case import OPEN_STATES
from referrals.selectors import type_names

ANY = ("", "Any")


class FilterForm(forms.Form):
    """Sent by GET: the queue's address holds the codes chosen. It is read by `filters_of`, never by this form."""

    tier = forms.ChoiceField(choices=[ANY, *Urgency.choices], required=False)
    state = forms.ChoiceField(choices=[ANY, *((str(one), State(one).label) for one in OPEN_STATES)], required=False)
    assignee = forms.ChoiceField(label="Works on it", required=False)
    case_type = forms.ChoiceField(required=False)
    custody = forms.ChoiceField(choices=[ANY, *Custody.choices], required=False)
    language = forms.ChoiceField(required=False)
    provider = forms.ChoiceField(label="With provider", required=False)
    overdue = forms.BooleanField(label="Overdue", required=False)
    tasks_due = forms.BooleanField(label="A task is due", required=False)
    for_coordinator = forms.BooleanField(label="Needs a coordinator", required=False)
    unread = forms.BooleanField(label="Unread", required=False)
    no_contact = forms.BooleanField(label="No contact yet", required=False)

    @classmethod
    def of(cls, filters: Filters, *, reader: Actor, now: datetime) -> "FilterForm":
        """The form with what is asked for now, and the choices of today: case types, providers, colleagues."""
        form = cls(initial=filters.codes(), auto_id="filter-%s")
        form._choose("case_type", [(code, f"{name} ({code})") for code, name in sorted(type_names(now).items())])
        form._choose(
            "language", [(code, LANG_INFO.get(code, {}).get("name", str(name))) for code, name in settings.LANGUAGES]
        )
        codes = Provider.objects.filter(is_active=True).order_by("code").values_list("code", flat=True)
        form._choose("provider", [(code, code) for code in codes])
        form._choose("assignee", [*cls._nobody_or(reader), *((str(one.pk), one.name) for one in hotline_members())])
        if reader.role not in HOTLINE_ROLES:
            del form.fields["unread"]
        return form

    @staticmethod
    def _nobody_or(reader: Actor) -> list[tuple[str, str]]:
        return [*([(ME, "Me")] if reader.role in HOTLINE_ROLES else []), (NOBODY, "Nobody")]

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = [ANY, *choices]  # type: ignore[attr-defined]

    @property
    def selects(self) -> list[forms.BoundField]:
        return [field for field in self if isinstance(field.field, forms.ChoiceField)]

    @property
    def flags(self) -> list[forms.BoundField]:
        return [field for field in self if isinstance(field.field, forms.BooleanField)]


def hotline_members() -> list[User]:
    """Who works on cases at the hotline, by name."""
    there = Membership.objects.filter(organization__kind=OrganizationKind.HOTLINE, role__in=HOTLINE_ROLES)
    return list(User.objects.filter(membership__in=there, is_active=True).order_by("name", "pk"))


class NameForm(forms.Form):
    """What a member calls a filter."""

    name = forms.CharField(
        label="Name of the filter",
        max_length=40,
        help_text="Only you see it. Never a family's name.",
        error_messages={"required": "Give the filter a name.", "max_length": "At most 40 letters."},
    )
