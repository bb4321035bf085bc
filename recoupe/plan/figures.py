"""Every figure of the board, declared once: what it counts, over what, with which target. SQL computes them by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recoupe.plan.enums import Cadence, Direction, FigureUnit

C, S = FigureUnit.COUNT, FigureUnit.SHARE
WHOLE = Fraction(1)  # all of a share, or once
CELLS_DUE = date(2019, 12, 31)  # the plan's own milestone: all cells at work


@dataclass(frozen=True, slots=True)
class FigureSpec:
    """One indicator: `target` (a share from 0 to 1, else in its unit) is to be reached by `due` when the plan gives a
    day; None when it sets none. `computed`: counted here by SQL; else its owner imports it, as often as `cadence` says.
    """

    code: str
    measure: int
    unit: FigureUnit
    title: Promise
    definition: Promise
    perimeter: Promise
    target: Fraction | None = None
    due: date | None = None
    direction: Direction = Direction.UP
    cadence: Cadence = Cadence.DAILY
    baseline: Fraction | None = None
    baseline_on: date | None = None
    source: str = "Recoupe"
    computed: bool = True


NATIONAL = _("France entière, douze derniers mois ; fiches silencieuses et H3 réservées exclues")
REGISTER = _("France entière, douze derniers mois")
TODAY = _("France entière, situation du jour")

SPECS: tuple[FigureSpec, ...] = (
    FigureSpec(
        "m1_reports", 1, C, _("Fiches déposées"), _("Fiches de renseignement déposées, une fois chacune."), NATIONAL
    ),
    FigureSpec(
        "m1_graded",
        1,
        S,
        _("Fiches cotées dans le délai"),
        _("Fiches cotées par un analyste dans les heures du paramètre « grading.hours » après leur dépôt, "
          "rapportées aux fiches déposées dont ce délai est échu."),
        NATIONAL,
    ),
    FigureSpec(
        "m1_cells",
        1,
        S,
        _("CROSS actives"),
        _("CROSS dont un département a reçu au moins une fiche dans les 90 derniers jours, "
          "rapportées aux CROSS ouvertes."),
        _("CROSS ouvertes, situation du jour ; fiches silencieuses et H3 réservées exclues"),
        target=WHOLE,
    ),
    FigureSpec(
        "m3_releases",
        3,
        S,
        _("Communications accordées"),
        _("Communications de fiches accordées entre deux services après un recoupement, "
          "rapportées à celles qui ont été demandées ou proposées."),
        REGISTER,
    ),
    FigureSpec(
        "m3_reciprocity",
        3,
        S,
        _("Services qui donnent et reçoivent"),
        _("Services qui ont à la fois communiqué et reçu au moins une fiche, "
          "rapportés à ceux qui ont communiqué ou reçu."),
        _("Registre des communications, douze derniers mois"),
    ),
    FigureSpec(
        "m5_stock",
        5,
        C,
        _("Points de deal"),
        _("Points actifs, ciblés, perturbés ou réoccupés, recomptés depuis leur historique."),
        TODAY,
        direction=Direction.DOWN,
        baseline=Fraction(3952),
        baseline_on=date(2020, 12, 1),
    ),
    FigureSpec(
        "m5_confirmed",
        5,
        S,
        _("Points confirmés"),
        _("Points entrés au registre et au moins une fois actifs, rapportés aux points entrés, "
          "hors points écartés ou fusionnés."),
        REGISTER,
    ),
    FigureSpec(
        "m7_committee",
        7,
        C,
        _("Réunions du comité"),
        _("Réunions du comité des ministres tenues dans les douze derniers mois."),
        _("Comité interministériel de pilotage"),
        target=WHOLE,
        due=date(2020, 12, 31),
    ),
    FigureSpec(
        "m14_coverage",
        14,
        S,
        _("Départements couverts"),
        _("Départements qui ont une CROSS ouverte, rapportés aux 101 départements."),
        _("101 départements, situation du jour ; collectivités d'outre-mer à part"),
        target=WHOLE,
        due=CELLS_DUE,
        baseline=Fraction(31, 101),
        baseline_on=date(2019, 9, 17),
    ),
    FigureSpec(
        "m14_examined",
        14,
        C,
        _("Objectifs examinés"),
        _("Objectifs examinés par une CROSS, une fois chacun."),
        REGISTER,
    ),
    FigureSpec(
        "m14_allocated",
        14,
        S,
        _("Objectifs validés puis attribués"),
        _("Objectifs attribués à un service chef de file, rapportés aux objectifs validés par le parquet."),
        _("Objectifs validés dans les douze derniers mois"),
    ),
    FigureSpec(
        "m21_registered",
        21,
        S,
        _("Procédures avec inscription au fichier"),
        _("Procédures pour les articles du fichier des objectifs, ouvertes depuis plus de quinze jours, "
          "dont une personne y est ou y fut inscrite, rapportées à toutes celles-ci."),
        _("Procédures ouvertes dans les douze derniers mois ; services silencieux exclus"),
        target=WHOLE,
    ),
    FigureSpec(
        "m22_reoccupied",
        22,
        S,
        _("Points réoccupés"),
        _("Points réoccupés dans les 180 jours qui suivent leur démantèlement, rapportés aux points démantelés ; "
          "chaque fait compte au jour où il a eu lieu, non à celui de sa saisie. "
          "Un lieu dont rien n'est dit y compte comme non réoccupé ; le suivi après opération dit combien il y en a."),
        _("Démantèlements vieux de 180 jours à 18 mois"),
        direction=Direction.DOWN,
    ),
    FigureSpec(
        "m29_financial",
        29,
        S,
        _("Enquêtes patrimoniales"),
        _("Objectifs attribués avec une enquête patrimoniale ouverte, rapportés aux objectifs attribués."),
        _("Objectifs attribués dans les douze derniers mois"),
        target=WHOLE,
    ),
)  # fmt: skip
BY_CODE: Mapping[str, FigureSpec] = {spec.code: spec for spec in SPECS}
