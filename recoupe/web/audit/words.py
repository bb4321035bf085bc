"""The journal in words: what its codes mean to whoever reads it; a code that nobody named is shown as it is kept."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recoupe.access.enums import Purpose, Role, SignInBy
from recoupe.cases.enums import CaseState
from recoupe.coordination.enums import Act, ObjectiveState, Verdict
from recoupe.coordination.followup.enums import MeasureState, Seen
from recoupe.crosscheck.enums import (
    AgreementState,
    Answer,
    ContactState,
    HitState,
    JudgementState,
    ReleaseState,
    Resolution,
)
from recoupe.dealpoints.enums import DealPointState
from recoupe.deconfliction.enums import DangerState, ShiftState
from recoupe.deconfliction.settling.enums import OpinionState, SettlementState
from recoupe.intelligence.enums import ImportState, Lane, ReportState
from recoupe.kernel.selectors import KIND_LABELS
from recoupe.operations.enums import EventState
from recoupe.operations.presence.enums import LineState
from recoupe.targets.enums import TargetState
from recoupe.web.audit.field_words import FIELDS as FIELDS
from recoupe.web.audit.pages import PAGES
from recoupe.web.coordination.shown import GROUPS
from recoupe.web.notices.kinds import KINDS

Word = Promise | str
Words = Mapping[str, Word]

REFS: Words = {
    "agent": _("Agent"),
    "agreement": _("Accord"),
    "case": _("Procédure"),
    "cell_service": _("Service associé"),
    "contact": _("Contact"),
    "dealpoint": _("Point de deal"),
    "danger": _("Danger"),
    "danger_side": _("Danger, pour un service"),
    "watch_shift": _("Veille"),
    "event": _("Événement prévu"),
    "hit": _("Recoupement"),
    "import": _("Fichier"),
    "judgement": _("Recoupement à juger"),
    "letter": _("Pli du public"),
    "message": _("Message"),
    "object": _("Objet"),
    "objective": _("Objectif"),
    "opinion": _("Décision d'un magistrat"),
    "pair": _("Paire"),
    "passkey": _("Clé d'accès"),
    "presence": _("Ligne de présence"),
    "recovery": _("Accès à confirmer"),
    "release": _("Communication"),
    "report": _("Fiche"),
    "service_key": _("Clé d'outil"),
    "settlement": _("Conflit d'inscriptions"),
    "target": _("Inscription"),
    "unit": _("Service"),
}

# The states of each kind of object, in the words of its room.
STATES: Mapping[str, Words] = {
    kind: {str(value): label for value, label in states.choices}
    for kind, states in (
        ("report", ReportState), ("import", ImportState), ("case", CaseState), ("dealpoint", DealPointState),
        ("objective", ObjectiveState), ("hit", HitState), ("pair", HitState), ("contact", ContactState),
        ("release", ReleaseState), ("event", EventState), ("presence", LineState), ("agreement", AgreementState),
        ("judgement", JudgementState),
        ("target", TargetState), ("settlement", SettlementState), ("opinion", OpinionState),
        ("watch_shift", ShiftState), ("danger", DangerState), ("danger_side", DangerState),
    )
}  # fmt: skip

KEYS: Words = {
    "accept_valid": _("Lignes justes acceptées"),
    "act": _("Acte"),
    "answer": _("Réponse"),
    "bounds": _("Cadre de la carte"),
    "cell": _("Cellule"),
    "chain": _("Chaîne du fichier"),
    "correction": _("Correction"),
    "counted": _("Seulement compté"),
    "cross_check": _("Recoupement"),
    "department": _("Département"),
    "evidence": _("Ajout à un point"),
    "fault": _("Panne"),
    "filters": _("Filtres"),
    "grade": _("Cotation"),
    "group": _("Onglet"),
    "habilitation": _("Rôle donné"),
    "hash": _("Empreinte"),
    "how": _("Connexion par"),
    "import": _("Fichier"),
    "kinds": _("Identifiants"),
    "lane": _("File"),
    "days": _("Contrôle, en jours après le démantèlement"),
    "look": _("Constat du contrôle"),
    "measure": _("Mesure du plan de retour"),
    "layer": _("Couche"),
    "mandate": _("Tâche confiée"),
    "method": _("Demande"),
    "name": _("Nom"),
    "notice": _("Avis"),
    "number": _("Mesure n°"),
    "on": _("Jour"),
    "plan": _("Tableau du plan"),
    "proposed": _("Règlement proposé"),
    "purpose": _("Finalité"),
    "purposes": _("Finalités permises"),
    "read_at": _("Lu le"),
    "reason": _("Motif écrit"),
    "valid_from": _("Du"),
    "valid_to": _("Au"),
    "revoked": _("Rôle retiré"),
    "rows": _("Lignes revues"),
    "serial": _("Exemplaire n°"),
    "service": _("Service"),
    "answers": _("Répond de l'outil"),
    "state": _("État"),
    "template": _("Modèle imprimé"),
    "told": _("Avertis"),
    "transfer": _("Muté vers"),
    "undone": _("Fusion défaite"),
    "verdict": _("Décision"),
    "view": _("Page"),
    "what": _("Quoi"),
    "tries": _("Essais de plus dans cette minute"),
    "from": _("Depuis"),
    "why": _("Raison"),
}

WHAT: Words = {
    "likeness": _("ressemblances"),
    "likeness_budget": _("plafond de questions de ressemblance"),
    "deposit_budget": _("plafond de dépôts"),
    "retraction": _("jugement repris"),
    "retractions": _("jugements repris, et qui les a sus"),
    "agreements": _("accords demandés"),
    "cases": _("liste des procédures"),
    "targets": _("fichier des objectifs"),
    "target_gauge": _("suivi des inscriptions"),
    "conflicts": _("conflits du service"),
    "registry_desk": _("bureau du fichier"),
    "events": _("liste des événements"),
    "presence": _("registre de présence"),
    "presence_figures": _("effort et faits"),
    "presence_shares": _("proposition de présences"),
    "dangers": _("liste des dangers"),
    "watch": _("écran de veille"),
    "watch_call": _("appel de la veille"),
    "watch_note": _("consigne de la veille"),
    "watch_taken": _("veille prise"),
    "event_calendar": _("calendrier des événements"),
    "event_map": _("carte des événements"),
    "access_asked": _("premier accès demandé, à confirmer"),
    "account": _("compte d'un agent"),
    "api_me": _("interface des outils"),
    "cell_service": _("service associé à une cellule"),
    "authority_founded": _("première autorité désignée, à l'installation"),
    "authority_recovered": _("autorité rendue à une maison fermée, par l'administrateur de la base"),
    "departure": _("départ d'un agent"),
    "identity_bound": _("identité fournie liée à un agent"),
    "key_lost": _("clé déclarée perdue"),
    "recoveries": _("accès à confirmer"),
    "recovery_agreed": _("accès confirmé par une seconde personne"),
    "recovery_refused": _("accès non confirmé"),
    "reviewed": _("habilitation revue et gardée"),
    "reviews": _("habilitations à revoir"),
    "service_key": _("clé d'outil"),
    "tool_check": _("suites relues par un outil"),
    "service_key_agreed": _("clé d'outil accordée"),
    "service_key_asked": _("clé d'outil demandée"),
    "service_key_opened": _("clé d'outil remise"),
    "service_key_pace": _("clé d'outil utilisée trop souvent"),
    "service_key_refused": _("clé d'outil refusée"),
    "service_key_revoked": _("clé d'outil retirée"),
    "service_keys": _("clés d'outils"),
    "calendar_closed": _("adresse de calendrier retirée"),
    "calendar_opened": _("adresse de calendrier créée"),
    "digest_refused": _("avis du jour refusé par la messagerie"),
    "digest_sent": _("avis du jour envoyé, sans contenu"),
    "reminder": _("rappels de l'agent"),
    "cell_service_end": _("service retiré d'une cellule"),
    "cell_service_over": _("association arrivée à son terme"),
    "cell_service_rows": _("lecteurs remis à jour"),
    "cell_services": _("services des cellules"),
    "commune": _("par commune"),
    "contacts": _("liste des contacts"),
    "dealpoint_stock": _("stock de points de deal"),
    "dealpoint_arrivals": _("communes où le trafic arrive"),
    "dealpoints": _("liste des points de deal"),
    "dealpoint_doubles": _("doublons possibles de points de deal"),
    "dealpoints_csv": _("points de deal en CSV"),
    "dealpoints_geojson": _("points de deal en GeoJSON"),
    "point_file": _("fichier de points de deal"),
    "followup_board": _("suivi après opération"),
    "designation": _("désignation"),
    "enrolment_code": _("code d'enrôlement remis"),
    "other_client": _("session présentée par un autre poste"),
    "passkey_added": _("clé d'accès enregistrée"),
    "passkey_revoked": _("clé d'accès retirée par son titulaire"),
    "passkeys_revoked": _("clés d'accès retirées par l'autorité"),
    "sign_in": _("connexion"),
    "step_up": _("clé montrée à nouveau"),
    "draft": _("un brouillon"),
    "form": _("formulaire de fiche"),
    "drafts": _("ses brouillons"),
    "habilitation": _("habilitations d'un agent"),
    "habilitations": _("liste des habilitations"),
    "hits": _("liste des recoupements"),
    "home": _("accueil"),
    "imports": _("liste des imports"),
    "index": _("identifiants comparés"),
    "journal": _("journal"),
    "journal_chart": _("répartition du journal"),
    "journal_export": _("export du journal"),
    "journal_proofs": _("preuves du journal"),
    "journal_term": _("entrées arrivées à leur terme"),
    "journal_verified": _("vérification du journal"),
    "known": _("ce qui est connu d'un identifiant saisi"),
    "magistrate": _("changement de magistrat"),
    "name": _("par nom"),
    "near": _("points tout proches"),
    "none": _("rien de demandé"),
    "notary_key": _("clé du notaire changée"),
    "objectives": _("liste des objectifs"),
    "own_keys": _("clés des agents liées à leur service"),
    "period": _("par période"),
    "plan": _("tableau du plan"),
    "reads": _("qui a lu les fiches du service"),
    "ref": _("par référence"),
    "refusals": _("lignes refusées d'un fichier"),
    "reports": _("liste des fiches"),
    "rules": _("règles de la base, à la mise à niveau"),
    "secrets": _("mots de passe des processus changés"),
    "selector": _("par identifiant"),
    "technical": _("état technique"),
    "text": _("par mots"),
    "witness": _("témoin du journal nommé"),
    "witness_retired": _("témoin du journal retiré"),
}


def _labels(choices: Iterable[tuple[Any, Word]]) -> Words:
    return {str(value): label for value, label in choices}


VALUES: Mapping[str, Words] = {
    "act": _labels(Act.choices),
    "answer": _labels(Answer.choices),
    "counted": {name: kind.label for name, kind in KINDS.items()},
    "cross_check": {"parked": _("mis de côté"), "retried": _("repris")},
    "filters": FIELDS,
    "group": {name: label for name, (label, _states) in GROUPS.items()},
    "habilitation": _labels(Role.choices),
    "from": {
        "machine": _("cette machine"),
        "inside": _("un réseau privé"),
        "outside": _("un réseau public"),
        "unknown": _("on ne sait d'où"),
    },
    "how": _labels(SignInBy.choices),
    "kinds": {str(kind): label for kind, label in KIND_LABELS.items()},
    "lane": {
        **_labels(Lane.choices),
        "event": _("événements prévus"),
        "link": _("tout ce qui est déposé"),
        "registry": _("fichier des objectifs"),
    },
    "look": _labels(Seen.choices),
    "measure": _labels(MeasureState.choices),
    "layer": {
        "dealpoint": _("un point de deal"),
        "dealpoints": _("points de deal"),
        "dealpoints_heat": _("chaleur des points de deal"),
        "events": _("événements"),
    },
    "mandate": {
        "recoupe.check_file": _("vérifier un fichier"),
        "recoupe.import_file": _("importer un fichier"),
    },
    "method": {"GET": _("lecture"), "HEAD": _("lecture"), "POST": _("écriture")},
    "notice": {"ended": _("retiré"), "left": _("laissé"), "seen": _("vu")},
    "plan": {
        "plan_context": _("chiffres autour du plan"),
        "plan_decision": _("décision du comité"),
        "plan_file": _("fichier de valeurs"),
        "plan_reference": _("preuve ajoutée"),
        "plan_session": _("réunion du comité"),
        "plan_snapshot": _("tableau gelé"),
    },
    "proposed": _labels(Resolution.choices),
    "purpose": _labels(Purpose.choices),
    "purposes": _labels(Purpose.choices),
    "revoked": _labels(Role.choices),
    "told": {"pairs": _("services de la paire"), "event_soon": _("rappel avant le début")},
    "verdict": _labels(Verdict.choices),
    "view": PAGES,
    "what": WHAT,
    "why": {
        "challenge": _("demande expirée ou déjà servie"),
        "code": _("code inconnu, servi ou trop ancien"),
        "counter": _("compteur revenu en arrière"),
        "handle": _("titulaire d'une autre clé"),
        "made": _("hors d'une démonstration"),
        "new_key": _("clé nouvelle non conforme"),
        "synced": _("clé recopiée par son fabricant"),
        "other_agent": _("clé d'un autre agent"),
        "revoked": _("clé retirée"),
        "signature": _("signature, lieu ou vérification non conformes"),
        "provider": _("fournisseur d'identité non cru"),
        "tool_key": _("clé d'outil inconnue"),
        "unbound": _("identité liée à aucun agent"),
        "unknown": _("clé inconnue"),
        "unreadable": _("réponse illisible"),
    },
}


def ref_kind(kind: str) -> str:
    """The kind of an object."""
    return _word(REFS, kind)


def fields(names: Iterable[str]) -> str:
    """The fields that an entry names, "" for none."""
    return ", ".join(dict.fromkeys(_word(FIELDS, name) for name in names))


def details(kept: Mapping[str, Any], kind: str) -> list[tuple[str, str]]:
    """What an entry says further, label and value; `kind` is that of its first object, whose states it may name."""
    found = []
    for key, value in kept.items():
        if value not in (None, "", [], False):
            words = STATES.get(kind, {}) if key == "state" else VALUES.get(key, {})
            found.append((_word(KEYS, key), _said(value, words)))
    return found


def _said(value: Any, words: Words) -> str:
    if value is True:
        return gettext("oui")
    if isinstance(value, list):
        return ", ".join(_said(item, words) for item in value)
    text = str(value)
    # A search names all its kinds in one word.
    parts = text.split("+") if "+" in text and text not in words else [text]
    return ", ".join(_word(words, part) for part in parts)


def _word(words: Words, code: str) -> str:
    """The word for a code; the kernel names its own by the keys of the catalogue."""
    word = words.get(code, code)
    return gettext(word) if isinstance(word, str) and word is not code else str(word)
