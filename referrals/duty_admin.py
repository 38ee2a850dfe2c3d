"""The rota: who is on call, and on which phone. Who was paged is there to look at."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from accounts.admin import ReadOnly
from accounts.models import User
from accounts.roles import HOTLINE_ROLES
from referrals.models import DutyPage, DutyPhone, DutyShift
from web.phone_numbers import e164


def _hotline() -> QuerySet[User]:
    return User.objects.filter(is_active=True, membership__role__in=HOTLINE_ROLES).order_by("name")


class DutyPhoneForm(forms.ModelForm):
    """A phone that can be rung."""

    class Meta:
        model = DutyPhone
        fields = ("user", "phone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "user" in self.fields:
            self.fields["user"].queryset = _hotline()  # type: ignore[attr-defined]

    def clean_phone(self) -> str:
        phone = e164(self.cleaned_data["phone"])
        if not phone:
            raise ValidationError(
                "This is no phone number: write ten digits without an extension, such as 612-555-0100."
            )
        return phone


class DutyShiftForm(forms.ModelForm):
    """A shift of somebody who can be woken."""

    class Meta:
        model = DutyShift
        fields = ("user", "begins_at", "ends_at", "rank")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "user" in self.fields:
            self.fields["user"].queryset = _hotline()  # type: ignore[attr-defined]

    def clean_user(self) -> User:
        user: User = self.cleaned_data["user"]
        if not DutyPhone.objects.filter(user=user).exists():
            raise ValidationError("Nobody can be paged without a phone: write theirs down first.")
        return user

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        begins, ends = cleaned.get("begins_at"), cleaned.get("ends_at")
        if begins and ends and ends <= begins:
            self.add_error("ends_at", "A shift ends after it begins.")
        return cleaned


@admin.register(DutyPhone)
class DutyPhoneAdmin(admin.ModelAdmin):
    form = DutyPhoneForm
    list_display = ("user", "phone")
    list_select_related = ("user",)


@admin.register(DutyShift)
class DutyShiftAdmin(admin.ModelAdmin):
    form = DutyShiftForm
    list_display = ("user", "begins_at", "ends_at", "rank")
    list_select_related = ("user",)
    date_hierarchy = "begins_at"


@admin.register(DutyPage)
class DutyPageAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("case", "rung", "user_id", "made_at", "texted_at", "rang_at", "answered_at", "answered_by_user_id")
    list_select_related = ("case",)
