"""Room for the demo: nobody's real capacity."""

from datetime import datetime

from providers.actions import publish_room
from providers.models import Program

DEMO_CEILINGS = {
    ("AHR", "detained_full"): 60,
    ("AHR", "detained_limited"): 10,
    ("AHR", "nondetained"): 30,
    ("VLN", "nondetained"): 40,
    ("ILCM", "detained_full"): 30,
    ("ILCM", "nondetained"): 30,
    ("MMLA", "detained_full"): 20,
    ("MMLA", "nondetained"): 20,
    ("BINGER", "detained_full"): 12,
    ("BINGER", "nondetained"): 8,
}


def seed(now: datetime) -> None:
    """Gives every program a ceiling."""
    for (code, kind), ceiling in DEMO_CEILINGS.items():
        Program.objects.filter(provider__code=code, kind=kind).update(ceiling=ceiling, room_changed_at=now)
    publish_room(now)
