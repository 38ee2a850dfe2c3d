"""Keeps wrapped keys in the `keys` database and everything else in the main one."""

from typing import Any

from django.db.models import Model

KEYS_MODELS = frozenset(
    {"blindindex", "draftkey", "holderkey", "indexkeygrant", "keygrant", "keytombstone", "wrappedkey"}
)


class KeysRouter:
    """Routes the models of the `keys` database there; no transaction spans the two."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return self._database(model._meta.app_label, model._meta.model_name)

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return self._database(model._meta.app_label, model._meta.model_name)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        return db == self._database(app_label, model_name)

    @staticmethod
    def _database(app_label: str, model_name: str | None) -> str:
        return "keys" if app_label == "privacy" and model_name in KEYS_MODELS else "default"
