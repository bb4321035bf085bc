from django.urls import path

from recoupe.web.audit import views

urlpatterns = [path("journal/", views.journal, name="journal")]
