from django.apps import AppConfig


class SealingConfig(AppConfig):
    """Installed for its static files alone: the module that seals in the browser, and the words."""

    name = "recoupe.sealing"
