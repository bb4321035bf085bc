from django.urls import path

from recoupe.web.signin import views

urlpatterns = [path("", views.sign_in_page, name="sign-in"), path("sante", views.ready, name="ready")]
