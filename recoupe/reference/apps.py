from django.apps import AppConfig


class ReferenceConfig(AppConfig):
    name = "recoupe.reference"
    default_auto_field = "django.db.models.BigAutoField"
