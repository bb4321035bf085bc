from django.urls import include, path

urlpatterns = [path("", include("recoupe.web.signin.urls"))]
