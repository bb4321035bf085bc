from django.apps import AppConfig


class TipsConfig(AppConfig):
    name = "recoupe.tips"
    default_auto_field = "django.db.models.BigAutoField"
