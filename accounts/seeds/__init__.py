"""Organizations every installation has."""

from typing import Any

ORGANIZATIONS = [("hotline", "Legal-aid hotline", "hotline"), ("fund", "Legal defense fund office", "fund")]


def load(apps: Any) -> None:
    """Makes the hotline and the fund's office; `apps` is Django's registry, real or historical. Idempotent."""
    organization = apps.get_model("accounts", "Organization")
    for slug, name, kind in ORGANIZATIONS:
        organization.objects.get_or_create(slug=slug, defaults={"name": name, "kind": kind})
