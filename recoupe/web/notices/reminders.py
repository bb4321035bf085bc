"""« Mes rappels »: the agent's digest, his quiet hours, and the secret address of his calendar."""

from http import HTTPStatus

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recoupe.access.enums import OPERATIONAL_ROLES
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.kernel.refusal import Invalid
from recoupe.notices import calendar, reminding
from recoupe.notices.calendar import Words
from recoupe.notices.reminding import Own
from recoupe.notices.rules import Quiet
from recoupe.web.fields import LineField, refuse
from recoupe.web.middleware import StaffRequest
from recoupe.web.policy import EVERY, policy, public

HOUR = {"inputmode": "numeric", "autocomplete": "off", "maxlength": "5", "placeholder": "07:00"}


class HourField(forms.TimeField):
    """An hour of the day, typed as the page says."""

    def __init__(self, **options: object) -> None:
        super().__init__(
            widget=forms.TimeInput(attrs=HOUR, format="%H:%M"),
            input_formats=("%H:%M", "%Hh%M", "%Hh", "%H"),
            error_messages={"invalid": _("Heure illisible : écrivez l'heure et les minutes, comme 07:30.")},
            **options,  # type: ignore[arg-type]
        )


class ReminderForm(forms.Form):
    """Where the digest goes, and when it does not."""

    use_required_attribute = False
    address = LineField(254, label=_("Adresse professionnelle"), required=False, help_text=_("Vide : aucun message."))
    quiet_from = HourField(label=_("Silence à partir de"))
    quiet_to = HourField(label=_("Jusqu'à"), help_text=_("La même heure deux fois : aucun silence."))


@policy(roles=OPERATIONAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request: StaffRequest) -> HttpResponse:
    """The agent's own settings; sent back, they are kept."""
    own = reminding.own(request.agent)
    first = {"address": own.address, "quiet_from": own.quiet.start, "quiet_to": own.quiet.end}
    if request.method != "POST":
        record(Operation.CONSULT, refs=[("agent", request.agent.id)], details={"what": "reminder"})
        return _page(request, own, ReminderForm(initial=first))
    form = ReminderForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            quiet = Quiet(data["quiet_from"], data["quiet_to"])
            reminding.save(by=request.agent, address=data["address"], quiet=quiet)
        except Invalid as refusal:
            refuse(form, refusal)
        else:
            return HttpResponseRedirect(reverse("reminders"))
    return _page(request, own, form, HTTPStatus.UNPROCESSABLE_ENTITY)


@policy(roles=OPERATIONAL_ROLES, step_up=EVERY)
@require_POST
def calendar_open(request: StaffRequest) -> HttpResponse:
    """A new address, shown on this one answer; the one before opens nothing any more."""
    secret = reminding.open_calendar(by=request.agent)
    address = settings.STAFF_ORIGIN + reverse("calendar-feed", args=[secret])
    return render(request, "notices/calendar_once.html", {"address": address})


@policy(roles=OPERATIONAL_ROLES)
@require_POST
def calendar_close(request: StaffRequest) -> HttpResponse:
    """Take the address away: always possible, and at once."""
    reminding.close_calendar(by=request.agent)
    return HttpResponseRedirect(reverse("reminders"))


@public
@require_safe
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The terms of whoever holds the address, for a calendar programme: moments alone, asked without a session."""
    terms = reminding.calendar(secret)
    if terms is None:
        raise Http404
    with translation.override(settings.LANGUAGE_CODE):
        words = Words(gettext("Recoupe : mes échéances"), gettext("Échéance dans Recoupe"))
    answer = HttpResponse(calendar.written(terms, words, timezone.now()), content_type=calendar.TYPE)
    answer["Content-Disposition"] = 'attachment; filename="recoupe.ics"'
    return answer


def _page(request: StaffRequest, own: Own, form: ReminderForm, status: int = HTTPStatus.OK) -> HttpResponse:
    shown = {"own": own, "form": form, "mail": bool(settings.MAIL_HOST)}
    return render(request, "notices/reminders.html", shown, status=status)
