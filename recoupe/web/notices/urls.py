from django.urls import path

from recoupe.web.notices import reminders, views

urlpatterns = [
    path("", views.home, name="home"),
    path("avis/vus/", views.seen, name="notices-seen"),
    path("rappels/", reminders.reminders, name="reminders"),
    path("rappels/calendrier/", reminders.calendar_open, name="calendar-open"),
    path("rappels/calendrier/retirer/", reminders.calendar_close, name="calendar-close"),
    path("calendrier/<slug:secret>.ics", reminders.calendar_feed, name="calendar-feed"),
]
