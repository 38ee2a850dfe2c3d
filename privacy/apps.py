from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        from privacy import checks  # noqa: F401
        from privacy.append_only import APPEND_ONLY_TABLES

        APPEND_ONLY_TABLES.extend(["privacy_tombstone", "privacy_keytombstone"])
