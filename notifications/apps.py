from datetime import datetime
from uuid import UUID

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import undelivered_handlers

        undelivered_handlers.append(_mail_instead)


def _mail_instead(case_id: UUID, message_id: UUID, now: datetime) -> None:
    """A text reached nobody: the news goes by e-mail, to whoever gave an address."""
    from notifications.mail import mail_instead

    mail_instead(case_id, message_id, now)
