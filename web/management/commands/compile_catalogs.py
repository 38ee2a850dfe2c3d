"""`manage.py compile_catalogs`: the translations that the site reads, from those that people write."""

from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Like Django's compilemessages, without the gettext programs that a fresh machine lacks."""

    help = "Compile every locale/*/LC_MESSAGES/django.po into the .mo file beside it."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/django.po")):
                compiled = source.with_suffix(".mo")
                if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
                    continue
                # Under another name first: a server that starts meanwhile must not read half a file.
                unfinished = compiled.with_suffix(".mo.new")
                polib.pofile(str(source)).save_as_mofile(str(unfinished))
                unfinished.replace(compiled)
                self.stdout.write(f"{source.parent.parent.name}: {compiled.name}")
