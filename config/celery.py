"""The Celery app: message delivery, offer clocks and sweeps run here."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("legal_defense_intake")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
