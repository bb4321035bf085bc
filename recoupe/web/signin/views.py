"""The sign-in page: the only page of its process."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from recoupe.access.signin import sign_in
from recoupe.kernel.refusal import Invalid, Refusal
from recoupe.kernel.text import clean_line


class SignInForm(forms.Form):
    """Login and password of a local account."""

    login = forms.CharField(label=pgettext_lazy("connexion", "Identifiant"), max_length=64)
    password = forms.CharField(label=_("Mot de passe"), max_length=256, strip=False, widget=forms.PasswordInput)

    def clean_login(self) -> str:
        """A login is one line; anything else is refused before it reaches the database."""
        try:
            return clean_line(self.cleaned_data["login"], 64, "login")
        except Invalid as refusal:
            raise forms.ValidationError(gettext(refusal.sentence) % refusal.params) from refusal


def staff_url(request: HttpRequest, path: str) -> str:
    """The staff site on the same host; anything but a path of ours leads to its home."""
    inside = path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
    if settings.STAFF_URL:
        return settings.STAFF_URL.rstrip("/") + inside
    host = request.get_host().rsplit(":", 1)[0]
    return f"{request.scheme}://{host}:{settings.STAFF_PORT}{inside}"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Show the form, or open a session and go to the staff site."""
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            token = sign_in(form.cleaned_data["login"], form.cleaned_data["password"])
        except Refusal as refusal:
            form.add_error(None, gettext(refusal.sentence) % refusal.params)
            status = 403
        else:
            response = HttpResponseRedirect(staff_url(request, request.GET.get("suite", "/")))
            response.set_cookie(
                settings.SESSION_COOKIE,
                token,
                max_age=settings.SESSION_HOURS * 3600,
                httponly=True,
                secure=settings.TLS,
                samesite="Strict",
            )
            return response
    elif request.method == "POST":
        status = 422
    return render(request, "signin/sign_in.html", {"form": form, "demo": settings.DEMO}, status=status)


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answers when the process serves."""
    return HttpResponse("ok", content_type="text/plain")
