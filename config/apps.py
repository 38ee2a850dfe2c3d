from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """An app for its management commands alone: it has no models, templates or pages."""

    name = "config"
    verbose_name = "Installation"
