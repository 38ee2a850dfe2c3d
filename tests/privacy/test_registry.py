"""Every field of every model is classified, and what tells of a family is sealed."""

from django.apps import apps
from django.db import models

from privacy.registry import REGISTRY, Level

MODELS = {model._meta.label_lower: model for model in apps.get_models(include_auto_created=True)}


def test_every_field_of_every_model_is_classified() -> None:
    unclassified = [
        f"{label}.{field.name}"
        for label, model in MODELS.items()
        for field in model._meta.local_fields
        if field.name not in REGISTRY.get(label, {})
    ]

    assert unclassified == [], "say in privacy/registry.py what these hold"


def test_the_registry_names_no_field_that_is_gone() -> None:
    stale = [
        f"{label}.{name}"
        for label, fields in REGISTRY.items()
        for name in fields
        if label not in MODELS or name not in {field.name for field in MODELS[label]._meta.local_fields}
    ]

    assert stale == []


def test_what_tells_of_a_family_is_sealed_bytes() -> None:
    readable = [
        f"{label}.{name}"
        for label, fields in REGISTRY.items()
        for name, level in fields.items()
        if level in (Level.P2, Level.P3) and not isinstance(MODELS[label]._meta.get_field(name), models.BinaryField)
    ]

    assert readable == []
