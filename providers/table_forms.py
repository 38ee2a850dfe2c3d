"""Forms of the dated tables: what would leave a table with a fault is refused, with the row named.

A row changes in one of two ways. It is corrected as it stands; or it ends on a day on which a new one with other values
begins, both in one transaction, because neither half alone would leave a whole table.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django import forms
from django.db.models import Model

from providers.dated import DatedRow
from providers.models import CaseType, OfferPlace, Program, Provider
from providers.tables import faults_of_places, faults_of_types, faults_without, stored_places, stored_types


class CheckedRowForm(forms.ModelForm):
    """One row of a dated table; a subclass says with `faults_with` what its table lacks after a change."""

    begins_on = forms.DateField(
        label="Replace from",
        required=False,
        help_text="With a day, the row ends then and a new one with what is written here begins. Empty corrects the"
        " row itself, for the past too.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The row that ends on the day its successor begins.
        self.replaced: DatedRow | None = None
        if self.instance.pk is None:
            del self.fields["begins_on"]

    def faults_with(self, changes: list[Any]) -> list[str]:
        """The faults that saving these rows would bring to the table."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        begins = cleaned.pop("begins_on", None)
        if begins is not None and not self.errors:
            self._begin_successor(cleaned, begins)
        if not self.errors and (faults := self.faults_with(self._changes(cleaned))):
            raise forms.ValidationError(faults)
        return cleaned

    def _begin_successor(self, cleaned: dict[str, Any], begins: date) -> None:
        """What is written becomes a new row; the one it was written over only gets its end."""
        stored: DatedRow = type(self.instance)._default_manager.get(pk=self.instance.pk)
        if begins <= stored.valid_from or (stored.valid_to is not None and begins >= stored.valid_to):
            self.add_error("begins_on", f"{stored}: write a day after it begins and before it ends.")
            return
        stored.valid_to = begins
        self.replaced = stored
        self.instance = type(self.instance)()
        cleaned["valid_from"] = begins

    def _changes(self, cleaned: dict[str, Any]) -> list[Model]:
        model = type(self.instance)
        names = {field.name for field in model._meta.fields}
        written = model(**{name: value for name, value in cleaned.items() if name in names})
        written.pk = self.instance.pk
        return [written, self.replaced] if self.replaced else [written]


class CaseTypeForm(CheckedRowForm):
    class Meta:
        model = CaseType
        fields = (
            "code",
            "meaning",
            "plain_name",
            "points",
            "detained",
            "list_code",
            "lsc_code",
            "valid_from",
            "valid_to",
            "source",
        )

    def clean_points(self) -> int:
        points: int = self.cleaned_data["points"]
        if points < 1:
            # Whatever takes no room is offered above every ceiling.
            code = self.cleaned_data.get("code", "")
            raise forms.ValidationError(f"Case type {code}: a case takes at least one point.")
        return points

    def faults_with(self, changes: list[Any]) -> list[str]:
        return [fault for check in type_checks for fault in check(changes)]


# What must still hold when case types change; the package above adds its own table (AppConfig.ready).
type_checks: list[Callable[[list[CaseType]], list[str]]] = [faults_of_types]


class OfferPlaceForm(CheckedRowForm):
    """One step of an order; a whole order begins by `OrderForm`."""

    class Meta:
        model = OfferPlace
        fields = ("case_type", "position", "program", "limited_scope", "valid_from", "valid_to", "source")

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_places(changes)


class ProviderForm(forms.ModelForm):
    """A provider that may stop taking part only where every case type keeps an owner."""

    class Meta:
        model = Provider
        fields = (
            "organization",
            "code",
            "name",
            "is_primary",
            "public_phone",
            "source",
            "opens_at",
            "closes_at",
            "has_on_call",
            "is_active",
        )

    def clean_is_active(self) -> bool:
        is_active: bool = self.cleaned_data["is_active"]
        if not is_active and self.instance.pk and (faults := faults_without(self.instance)):
            raise forms.ValidationError(faults)
        return is_active


COORDINATOR = "coordinator"


ORDER_FIELDS = ("case_type", "steps", "valid_from", "source")


class OrderForm(forms.ModelForm):
    """A whole offer order from a day on: the rows of the old one end, and the new ones begin, together."""

    steps = forms.CharField(
        label="Steps, in order",
        help_text="Providers by their code, such as AHR BINGER ILCM; AHR/detained_limited names another program than"
        " the usual one; * behind a step: limited scope only; “coordinator”: a task for the hotline.",
    )

    class Meta:
        model = OfferPlace
        fields = ("case_type", "valid_from", "source")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ending: list[OfferPlace] = []
        self.beginning: list[OfferPlace] = []

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        code, day = cleaned["case_type"], cleaned["valid_from"]
        row = next((one for one in stored_types() if one.code == code), None)
        if row is None:
            self.add_error("case_type", f"There is no case type {code}.")
            return cleaned
        stored = [
            one for one in stored_places() if one.case_type == code and (one.valid_to is None or one.valid_to > day)
        ]
        if later := [one for one in stored if one.valid_from >= day]:
            self.add_error("valid_from", f"{later[0]} begins on {later[0].valid_from:%Y-%m-%d}: choose a later day.")
            return cleaned
        self.beginning = list(self._written(cleaned, "detained_full" if row.detained else "nondetained"))
        for one in stored:
            one.valid_to = day
        self.ending = stored
        if not self.errors and (faults := faults_of_places([*self.ending, *self.beginning])):
            raise forms.ValidationError(faults)
        return cleaned

    def _written(self, cleaned: dict[str, Any], usual: str) -> Iterable[OfferPlace]:
        programs = {f"{one.provider.code}/{one.kind}": one for one in Program.objects.select_related("provider")}
        for position, step in enumerate(cleaned["steps"].split(), 1):
            name = step.rstrip("*")
            program = programs.get(name if "/" in name else f"{name}/{usual}")
            if program is None and name != COORDINATOR:
                self.add_error(
                    "steps", f"Step {position}: no program is called {step}; there are {', '.join(programs)}."
                )
                continue
            yield OfferPlace(
                case_type=cleaned["case_type"],
                position=position,
                program=program,
                limited_scope=step.endswith("*"),
                valid_from=cleaned["valid_from"],
                source=cleaned["source"],
            )
