"""`manage.py audit_room`: count the room of every program again, as the audit of each night does."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from referrals.actions.room_audit import audit_room
from referrals.room_audit import difference_in_words


class Command(BaseCommand):
    help = "Count every program's room in use again from its cases; exits 1 where it does not add up. Repairs nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        differing = audit_room()
        for one in differing:
            self.stdout.write(difference_in_words(one))
        if differing:
            sys.exit(1)
        self.stdout.write("Every program's room adds up.")
