from django.urls import include, path

urlpatterns = [path("", include("recoupe.portal.urls"))]
