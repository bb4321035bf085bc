from django.urls import path

from recoupe.web.oversight import retractions

urlpatterns = [path("journal/reprises/", retractions.retractions, name="retractions")]
