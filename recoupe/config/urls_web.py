from django.urls import include, path

urlpatterns = [path("", include("recoupe.web.urls"))]
handler400 = "recoupe.web.errors.bad_request"
handler403 = "recoupe.web.errors.forbidden"
handler404 = "recoupe.web.errors.not_found"
handler500 = "recoupe.web.errors.server_error"
