from django.apps import AppConfig


class DealpointsConfig(AppConfig):
    name = "recoupe.dealpoints"
    default_auto_field = "django.db.models.BigAutoField"
