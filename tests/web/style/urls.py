"""Pages that show every component of the shell with made content; they exist for the tests alone."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path

from recoupe.web.errors import error_page

SQUARE = [[5.2, 43.2], [5.6, 43.2], [5.6, 43.45], [5.2, 43.45], [5.2, 43.2]]


@dataclass(frozen=True)
class Contact:
    """Whom to call, as the partial reads it."""

    unit_name: str = "Brigade de surveillance intérieure de Fos"
    name: str = "Permanence"
    phone: str = "01 99 00 45 12"
    email: str = "permanence@exemple.invalid"


class StyleForm(forms.Form):
    """One field of each kind that the pages use."""

    event_from = forms.CharField(label="Date des faits", help_text="JJ/MM/AAAA, MM/AAAA ou AAAA.")
    event_to = forms.CharField(label="Jusqu'au", required=False)
    source = forms.ChoiceField(
        label="Origine de l'information",
        choices=[("", "Choisir…"), ("o", "Constatation d'un agent"), ("p", "Partenaire")],
    )
    fact = forms.CharField(
        label="Faits", widget=forms.Textarea(attrs={"rows": 6}), help_text="Ce qui a été vu, entendu ou saisi."
    )
    products = forms.MultipleChoiceField(
        label="Produits",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("c", "Cannabis"), ("k", "Cocaïne"), ("h", "Héroïne"), ("m", "MDMA"), ("n", "NPS")],
    )
    handling = forms.ChoiceField(
        label="Diffusion",
        widget=forms.RadioSelect,
        choices=[("0", "H0 · Tous les services"), ("1", "H1 · Sans conditions"), ("2", "H2 · Cellules seulement")],
    )
    violence = forms.BooleanField(label="Violences constatées", required=False, help_text="Coups, menaces, tirs.")
    photo = forms.FileField(label="Photo ou PDF", required=False)


def page(name: str):  # type: ignore[no-untyped-def]
    """A view that shows one template."""

    def view(request: HttpRequest) -> HttpResponse:
        wrong = {"event_from": "32/13/2026", "fact": ""} if request.GET.get("wrong") else None
        context = {"form": StyleForm(wrong), "contact": Contact(), "rows": range(8)}
        return render(request, f"style/{name}.html", context, status=HTTPStatus.OK)

    return view


def error(request: HttpRequest, status: int) -> HttpResponse:
    """The page of one refusal."""
    return error_page(request, status, "Ce recoupement a déjà été jugé par votre service.")


def proposals(request: HttpRequest) -> JsonResponse:
    """What the text mentions, in the form that report-form.js reads."""
    text = json.loads(request.body)["text"]
    found = [
        {"kind": "phone", "kind_label": "Téléphone", "raw": "06 39 98 12 34", "value": "+33639981234", "warning": ""}
    ]
    return JsonResponse({"mentions": found if "06 39 98 12 34" in text else []})


def points(request: HttpRequest) -> JsonResponse:
    """Two deal points of the made world."""
    made = [
        ("p1", 5.375, 43.3, "Point de la Halle", "ACTIVE", "Actif", 300),
        ("p2", 5.45, 43.35, "Point du Lavoir", "TO_VERIFY", "À vérifier", 700),
    ]
    features = [
        {
            "type": "Feature",
            "id": key,
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
            "properties": {
                "name": name,
                "state": state,
                "state_label": label,
                "tone": "bad" if state == "ACTIVE" else "warn",
                "uncertainty_m": radius,
                "url": "/style/list/",
            },
        }
        for key, lon, lat, name, state, label, radius in made
    ]
    return JsonResponse({"type": "FeatureCollection", "features": features})


def outlines(request: HttpRequest) -> JsonResponse:
    """One square department with its label."""
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
        "properties": {"name": "Département carré", "code": "99"},
    }
    return JsonResponse({"type": "FeatureCollection", "features": [feature]})


PAGES = ("home", "list", "form", "report", "thread", "plan", "map", "signin", "empty")
urlpatterns = [
    *(path(f"style/{name}/", page(name), name=f"style-{name}") for name in PAGES),
    path("style/error/<int:status>/", error),
    path("style/proposals/", proposals),
    path("style/points.geojson", points),
    path("style/outlines.geojson", outlines),
    # The doors of the navigation, so that it can be looked at whole.
    path("", page("home"), name="home"),
    path("recherche/", page("list"), name="search"),
    path("renseignements/nouveau/", page("form"), name="report-new"),
    path("renseignements/", page("list"), name="report-list"),
    path("recoupements/", page("list"), name="hit-list"),
    path("contacts/", page("thread"), name="contact-list"),
    path("imports/", page("list"), name="import-list"),
    path("carte/", page("map"), name="dealpoint-map"),
    path("points/", page("list"), name="dealpoint-list"),
    path("objectifs/", page("list"), name="objective-list"),
    path("plan/", page("plan"), name="plan-board"),
    path("plan/comite/", page("plan"), name="plan-committee"),
    path("journal/", page("list"), name="journal"),
    path("lectures/", page("list"), name="reads"),
    path("finalite/", page("form"), name="purpose"),
    path("deconnexion/", page("home"), name="sign-out"),
    path("langue/", page("home"), name="set_language"),
]
