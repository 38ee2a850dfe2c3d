from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import second_factor
        from privacy.append_only import APPEND_ONLY_TABLES

        APPEND_ONLY_TABLES.append("accounts_peopleevent")
        second_factor.listen()
