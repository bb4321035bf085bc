from django.urls import include, path

urlpatterns = [path("", include("recoupe.portal.urls"))]
handler400 = "recoupe.portal.views.bad_request"
handler403 = "recoupe.portal.views.forbidden"
handler404 = "recoupe.portal.views.not_found"
handler500 = "recoupe.portal.views.server_error"
