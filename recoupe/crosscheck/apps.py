from django.apps import AppConfig


class CrosscheckConfig(AppConfig):
    name = "recoupe.crosscheck"
    default_auto_field = "django.db.models.BigAutoField"
