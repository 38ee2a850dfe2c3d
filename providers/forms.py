"""How much room a program has."""

from typing import Any

from django import forms

from providers.models import Program

MOST_POINTS = 10_000


class CeilingForm(forms.Form):
    """The points a program can carry at once."""

    ceiling = forms.IntegerField(
        label="Ceiling, points",
        min_value=0,
        max_value=MOST_POINTS,
        widget=forms.NumberInput({"class": "usa-input--sm"}),
        error_messages={"required": "Write a whole number of points.", "invalid": "Write a whole number of points."},
    )

    def __init__(self, posted: Any = None, *, program: Program) -> None:
        super().__init__(posted, initial={"ceiling": program.ceiling}, auto_id=f"program-{program.pk}-%s")
