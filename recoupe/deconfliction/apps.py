from django.apps import AppConfig


class DeconflictionConfig(AppConfig):
    name = "recoupe.deconfliction"
    default_auto_field = "django.db.models.BigAutoField"
