"""Purpose, sign-out, language, readiness."""

from django import forms
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from recoupe.access import actions, context, rules
from recoupe.access.enums import Purpose
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Invalid
from recoupe.kernel.text import clean_line
from recoupe.web.middleware import StaffRequest, signin_url
from recoupe.web.policy import EVERYONE, policy, public

# What a browser throws away with a session, of this site alone; the chosen language is a cookie, and stays.
FORGET = '"cache", "storage"'


class OneOfTwo(forms.CharField):
    """A field that may stay empty when its fellow is filled in: not optional, and said by the rule itself."""

    def validate(self, value: object) -> None:
        """The rule says what is missing, in its own words."""


class PurposeForm(forms.Form):
    """Why the agent consults today (R-PUR-1)."""

    use_required_attribute = False
    purpose = forms.ChoiceField(label=_("Finalité"))
    case_ref = OneOfTwo(
        label=_("Procédure ou dossier"),
        max_length=rules.LONGEST_CASE,
        help_text=_("Son numéro, s'il existe : il suffit."),
    )
    motive = OneOfTwo(
        label=_("Ou bien le motif"),
        max_length=rules.LONGEST_MOTIVE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Sans numéro, au moins dix caractères. Il sera inscrit au journal."),
    )

    def _line(self, name: str, length: int) -> str:
        value = self.cleaned_data.get(name, "")
        try:
            return clean_line(value, length, name) if value.strip() else ""
        except Invalid as refusal:
            raise forms.ValidationError(gettext(refusal.sentence) % refusal.params) from refusal

    def clean_case_ref(self) -> str:
        """One line."""
        return self._line("case_ref", rules.LONGEST_CASE)

    def clean_motive(self) -> str:
        """One line, whatever was pasted."""
        self.cleaned_data["motive"] = " ".join(self.cleaned_data.get("motive", "").split())
        return self._line("motive", rules.LONGEST_MOTIVE)


@policy(roles=EVERYONE, purpose=False)
@require_http_methods(["GET", "HEAD", "POST"])
def purpose(request: StaffRequest) -> HttpResponse:
    """Ask for the purpose of this session, then go where the agent was going."""
    agent = request.agent
    first = {"purpose": agent.purpose or "", "motive": agent.motive, "case_ref": agent.case_ref}
    form = PurposeForm(request.POST or None, initial=first)
    choices = [(p.value, p.label) for p in Purpose if p in agent.purposes]
    form.fields["purpose"].choices = choices  # type: ignore[attr-defined]
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                actions.declare_purpose(by=agent, token=request.session_token, **form.cleaned_data)
            except Invalid as refusal:
                form.add_error(refusal.field or None, gettext(refusal.sentence) % refusal.params)
            else:
                return HttpResponseRedirect(inside(request.GET.get("suite", "/")))
        status = 422
    return render(request, "access/purpose.html", {"form": form, "suite": request.GET.get("suite", "")}, status=status)


def inside(path: str) -> str:
    """A path of this site, or its home."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


@policy(roles=EVERYONE, purpose=False)
@require_POST
def sign_out(request: StaffRequest) -> HttpResponse:
    """Close the session here and everywhere it was copied."""
    record(Operation.SIGN_OUT, refs=[("agent", request.agent.id)])
    context.close_session(request.session_token)
    response = HttpResponseRedirect(signin_url(request))
    response.delete_cookie(settings.SESSION_COOKIE)
    response["Clear-Site-Data"] = FORGET
    return response


@public
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Choose French or English; kept in a cookie of the browser, nowhere else."""
    chosen = request.POST.get("language", "")
    response = HttpResponseRedirect(inside(request.POST.get("next", "/")))
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=31536000,
            samesite="Strict",
            httponly=True,
            secure=settings.LANGUAGE_COOKIE_SECURE,
        )
    return response


@public
@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """Answers when the process and its database serve."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")
