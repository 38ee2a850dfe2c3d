"""A row of the retention table, checked so that nothing can stay for ever and nothing dies too early."""

from datetime import date
from typing import Any

from django import forms
from django.utils.timezone import localdate

from privacy.destruction import ACCESS
from privacy.models import DocumentKind
from referrals.models import RetentionReaders, RetentionRule, RetentionTrigger

# The look-up document dies within minutes anyway.
KINDS = [kind for kind in DocumentKind if kind != DocumentKind.LOOKUP]
LONGEST_DAYS = 365


class RetentionRuleForm(forms.ModelForm):
    """After so many days from a trigger, what can no longer be read by whom."""

    kinds = forms.MultipleChoiceField(
        choices=[(kind.value, kind.label) for kind in KINDS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked means every one.",
        error_messages={"invalid_choice": "%(value)s is no part of a case; choose from the list."},
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=LONGEST_DAYS,
        error_messages={
            "min_value": "At least 1 day: what is destroyed at once cannot be stopped after a slip of the hand.",
            "max_value": f"At most {LONGEST_DAYS} days.",
        },
    )

    class Meta:
        model = RetentionRule
        fields = ("code", "trigger", "kinds", "readers", "days", "ends_case", "valid_from", "valid_to", "source")

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code == ACCESS:
            raise forms.ValidationError(
                f"“{ACCESS}” is what the system calls its own destructions; choose another code."
            )
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        is_hand_over = cleaned["trigger"] == RetentionTrigger.HANDED_OVER
        if is_hand_over and (cleaned["ends_case"] or cleaned["readers"] != RetentionReaders.HOTLINE):
            self.add_error("readers", "A case goes on after its hand-over: only the hotline can lose its copy.")
        if cleaned["ends_case"] and (cleaned["kinds"] or cleaned["readers"] != RetentionReaders.ALL):
            self.add_error("ends_case", "A rule that ends a case takes every part from everybody.")
        if not self.errors:
            self._check_every_ending_ends(cleaned)
        return cleaned

    def _check_every_ending_ends(self, cleaned: dict[str, Any]) -> None:
        """From today on, on every day, some rule ends each kind of ended case: with this row as it is to be."""
        affected = {cleaned["trigger"], self.instance.trigger} - {"", RetentionTrigger.HANDED_OVER}
        for trigger in sorted(affected):
            ending = RetentionRule.objects.filter(trigger=trigger, ends_case=True).exclude(pk=self.instance.pk)
            spans = list(ending.values_list("valid_from", "valid_to"))
            if cleaned["ends_case"] and cleaned["trigger"] == trigger:
                spans.append((cleaned["valid_from"], cleaned["valid_to"]))
            gap = first_gap(spans, localdate())
            if gap is not None:
                self.add_error(
                    None,
                    f"From {gap:%B} {gap.day}, {gap.year} on, no rule would end a case of the kind "
                    f"“{RetentionTrigger(trigger).label}”, and its file would stay for ever. "
                    "Add the rule that follows first.",
                )


def first_gap(spans: list[tuple[date, date | None]], today: date) -> date | None:
    """The first day from `today` on that no span covers (its last day excluded); None if every day is covered."""
    day = today
    while True:
        ends = [end for start, end in spans if start <= day and (end is None or end > day)]
        if not ends:
            return day
        if None in ends:
            return None
        day = max(end for end in ends if end is not None)
