"""Every field of every model is classified, and what tells of a family is sealed."""

import pytest
from django.apps import apps
from django.db import models

from privacy.registry import NOTES, REGISTRY, Level

MODELS = {model._meta.label_lower: model for model in apps.get_models(include_auto_created=True)}


def unclassified() -> list[str]:
    return [
        f"{label}.{field.name}"
        for label, model in MODELS.items()
        for field in model._meta.local_fields
        if field.name not in REGISTRY.get(label, {})
    ]


def readable_though_of_a_family() -> list[str]:
    return [
        f"{label}.{name}"
        for label, fields in REGISTRY.items()
        for name, level in fields.items()
        if level.is_sealed and not isinstance(MODELS[label]._meta.get_field(name), models.BinaryField)
    ]


def test_every_field_of_every_model_is_classified() -> None:
    assert unclassified() == [], "say in privacy/registry.py what these hold"


def test_a_field_that_nobody_classified_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {name: level for name, level in REGISTRY["referrals.case"].items() if name != "taken_on"}
    monkeypatch.setitem(REGISTRY, "referrals.case", rest)
    monkeypatch.delitem(REGISTRY, "privacy.blindindex")

    assert {"referrals.case.taken_on", "privacy.blindindex.value"} <= set(unclassified())


def test_the_registry_names_no_field_that_is_gone() -> None:
    stale = [
        f"{label}.{name}"
        for label, fields in REGISTRY.items()
        for name in fields
        if label not in MODELS or name not in {field.name for field in MODELS[label]._meta.local_fields}
    ]

    assert stale == []


def test_no_note_is_about_something_that_is_gone() -> None:
    of_fields = {f"{label}.{name}" for label, fields in REGISTRY.items() for name in fields}

    assert set(NOTES) - of_fields - set(REGISTRY) - {"django_migrations"} == set()


def test_what_tells_of_a_family_is_sealed_bytes() -> None:
    assert readable_though_of_a_family() == []


@pytest.mark.parametrize("level", [Level.P2, Level.P3])
def test_a_family_s_words_in_a_text_column_are_found(monkeypatch: pytest.MonkeyPatch, level: Level) -> None:
    monkeypatch.setitem(REGISTRY["referrals.case"], "outcome", level)

    assert readable_though_of_a_family() == ["referrals.case.outcome"]


def test_only_the_two_sealed_levels_may_not_be_text() -> None:
    assert [level for level in Level if level.is_sealed] == [Level.P2, Level.P3]
