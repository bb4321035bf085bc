from django.urls import path

from recoupe.web.access import views

urlpatterns = [
    path("finalite/", views.purpose, name="purpose"),
    path("deconnexion/", views.sign_out, name="sign-out"),
    path("langue/", views.set_language, name="set_language"),
    path("sante", views.ready, name="ready"),
]
