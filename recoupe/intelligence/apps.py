from django.apps import AppConfig


class IntelligenceConfig(AppConfig):
    name = "recoupe.intelligence"
    default_auto_field = "django.db.models.BigAutoField"
