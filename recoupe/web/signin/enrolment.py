"""Enrolment by a one-time code, and the keys of an agent who has just shown one of them."""

from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from recoupe.access import signin
from recoupe.access.signin import LONGEST_NAME, NOT_FRESH, Holder
from recoupe.kernel.refusal import Invalid, Refusal, Refused
from recoupe.kernel.text import clean_line
from recoupe.web.client import client_of
from recoupe.web.signin.views import elsewhere, said, staff_url, status_for, told

LONGEST_CODE = 64


class NameForm(forms.Form):
    """How an agent tells his two keys apart."""

    name = forms.CharField(label=_("Nom de la clé"), max_length=LONGEST_NAME, help_text=_("Pour la reconnaître."))

    def clean_name(self) -> str:
        """One line."""
        try:
            return clean_line(self.cleaned_data["name"], LONGEST_NAME, "name")
        except Invalid as refusal:
            raise forms.ValidationError(gettext(refusal.sentence) % refusal.params) from refusal


class CodeForm(NameForm):
    """The code that the desk handed out, and a name for the key."""

    code = forms.CharField(label=pgettext_lazy("enrôlement", "Code"), max_length=LONGEST_CODE)
    field_order = ("code", "name")


def holder_of(request: HttpRequest) -> Holder | None:
    """Whose session the browser carries, when it is that client's own."""
    found = signin.session_of(request.COOKIES.get(settings.SESSION_COOKIE, ""))
    return found if found and (not found.client or found.client == client_of(request)) else None


def token_of(request: HttpRequest) -> str:
    """The token of a session that is that client's own; raises Refused."""
    if holder_of(request) is None:
        raise Refused(NOT_FRESH)
    return request.COOKIES[settings.SESSION_COOKIE]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enrol_page(request: HttpRequest) -> HttpResponse:
    """Ask for the code, or keep the key that was made under it."""
    form, status, done = CodeForm(request.POST or None), 200, False
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                signin.enrol(form.cleaned_data["code"], request.POST.get("answer", ""), form.cleaned_data["name"])
                status, done = 200, True
            except Refusal as refusal:
                form.add_error(None, said(refusal))
                status = status_for(refusal)
    shown = {"form": form, "done": done, "elsewhere": elsewhere(request), "refuses_synced": not settings.SYNCED_KEYS}
    return render(request, "signin/enrol.html", shown, status=status)


@never_cache
@told
@require_POST
def enrol_challenge(request: HttpRequest) -> HttpResponse:
    """What the browser asks of a new key, once the code is known to be live."""
    return JsonResponse(signin.enrol_options(request.POST.get("code", "")[:LONGEST_CODE]))


@never_cache
@told
@require_http_methods(["GET", "HEAD", "POST"])
def keys_page(request: HttpRequest) -> HttpResponse:
    """One's own keys; a second one is added, and one taken back, within five minutes of showing one."""
    holder = holder_of(request)
    if holder is None:
        return HttpResponseRedirect(reverse("sign-in"))
    form, status = NameForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                signin.add_key(token_of(request), request.POST.get("answer", ""), form.cleaned_data["name"])
                return HttpResponseRedirect(reverse("keys"))
            except Refusal as refusal:
                form.add_error(None, said(refusal))
                status = status_for(refusal)
    keys = signin.own_keys(token_of(request))
    shown = {"form": form, "keys": keys, "holder": holder, "room": len(keys) < 2, "elsewhere": elsewhere(request),
             "home": staff_url(request, "/"), "refuses_synced": not settings.SYNCED_KEYS}  # fmt: skip
    return render(request, "signin/keys.html", shown, status=status)


@never_cache
@told
@require_POST
def add_challenge(request: HttpRequest) -> HttpResponse:
    """What the browser asks of a second key."""
    return JsonResponse(signin.add_options(token_of(request)))


@never_cache
@told
@require_POST
def key_drop(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take back one of one's own keys."""
    signin.drop_key(token_of(request), id)
    return HttpResponseRedirect(reverse("keys"))
