from django.urls import path

from recoupe.web.audit import chart, export, reads, views

urlpatterns = [
    path("journal/", views.journal, name="journal"),
    path("journal/repartition/", chart.chart, name="journal-chart"),
    path("journal/preuves/", export.journal_export, name="journal-export"),
    path("lectures/", reads.reads, name="reads"),
]
