"""Every kind of notice in words: what the rooms announce, and whether it asks for an act or only for a look."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice: its words, and whether somebody is waiting for an act of the reader."""

    label: Promise
    act: bool = False


def _act(label: Promise) -> Kind:
    return Kind(label, act=True)


KINDS: Mapping[str, Kind] = {
    # Intelligence
    "report_to_triage": _act(_("Fiche à trier")),
    "report_to_review": _act(_("Fiche à réexaminer")),
    "report_to_read": _act(_("Fiche à relire : mots sensibles")),
    "person_category": _act(_("Qualité d'une personne à déterminer")),
    "report_received": Kind(_("Votre fiche est reçue et cotée")),
    "report_used": Kind(_("Votre fiche est exploitée")),
    "report_closed": Kind(_("Votre fiche est classée")),
    "report_rejected": Kind(_("Votre fiche est rejetée")),
    "deposit_budget": Kind(_("Plafond de dépôts atteint par un agent")),
    "import_to_open": _act(_("Fichier à ouvrir")),
    "import_done": Kind(_("Fichier importé")),
    # Procedures
    "case_given": Kind(_("Une procédure vous est confiée")),
    "case_taken": Kind(_("Une procédure est confiée à un autre magistrat")),
    "procedures_met": Kind(_("Une procédure d'un autre magistrat rencontre la vôtre")),
    # Registered targets
    "target_requested": _act(_("Inscription au fichier à vérifier")),
    "target_refused": Kind(_("Inscription refusée")),
    "target_registered": Kind(_("Inscription faite")),
    "target_expires": _act(_("Inscription bientôt échue")),
    "target_missing": _act(_("Procédure sans inscription au fichier")),
    # Cross-check
    "hit": _act(_("Nouveau recoupement")),
    "danger": _act(_("Danger sur le terrain : appelez sans attendre")),
    "event_soon": _act(_("Bientôt sur place : un autre service sera trop près")),
    "weak_hit": _act(_("Recoupement faible à vérifier avec l'autre service")),
    "hit_judged": Kind(_("Recoupement examiné")),
    "hit_closed": Kind(_("Recoupement clos")),
    "hit_withdrawn": _act(_("Recoupement retiré : le jugement qui l'avait confirmé est repris")),
    "likeness_budget": Kind(_("Plafond de questions de ressemblance atteint par un agent")),
    "judgement": _act(_("Recoupement à juger")),
    "contact_requested": _act(_("Contact demandé par un autre service")),
    "contact_made": Kind(_("Contact établi")),
    "message": _act(_("Nouveau message")),
    "resolution_proposed": _act(_("Règlement proposé")),
    "contact_resolved": Kind(_("Contact réglé")),
    "contact_escalated": _act(_("Contact porté à une autorité")),
    "release_requested": _act(_("Communication d'une fiche demandée")),
    "release_granted": Kind(_("Une fiche vous est communiquée")),
    "release_refused": Kind(_("Communication refusée")),
    "agreement_asked": _act(_("Accord demandé pour une communication")),
    "agreement_answered": _act(_("Réponse du magistrat")),
    # Conflicts of two registrations
    "settlement_proposed": _act(_("Accord proposé : qui mène ?")),
    "settlement_declined": _act(_("Proposition écartée par l'autre service")),
    "settlement_agreed": Kind(_("Accord conclu avec l'autre service")),
    "settlement_carried": Kind(_("Conflit porté au gestionnaire du fichier")),
    "settlement_to_propose": _act(_("Conflit d'inscriptions : une solution à proposer")),
    "settlement_decided": Kind(_("Les deux magistrats ont décidé qui mène")),
    "settlement_ended": Kind(_("Ce qui était réglé d'un conflit est sans objet")),
    "opinion_asked": _act(_("Conflit entre deux procédures : une solution à décider")),
    "opinion_moot": Kind(_("Une solution proposée n'attend plus votre décision")),
    "opinion_decided": Kind(_("Les deux magistrats ont accepté la solution")),
    # Deal points
    "dealpoint_reported": _act(_("Point de deal à vérifier")),
    "dealpoint_active": Kind(_("Point de deal confirmé")),
    "dealpoint_dismantled": Kind(_("Point de deal démantelé")),
    "dealpoint_reoccupied": _act(_("Point de deal réoccupé")),
    "dealpoint_duplicate": _act(_("Doublon présumé à trancher")),
    "dealpoint_displaced": Kind(_("Point de deal déplacé")),
    # After an operation
    "check_due": _act(_("Contrôle de reprise à faire")),
    "check_late": _act(_("Contrôle de reprise sans réponse")),
    "check_resold": _act(_("Reprise de la vente constatée par un agent : à décider")),
    "check_moved": _act(_("Vente partie ailleurs selon un contrôle : à décider")),
    "check_closable": _act(_("Tous les contrôles sont propres : clôture proposée")),
    # Objectives
    "objective_proposed": _act(_("Objectif à examiner")),
    "objective_to_prosecutor": _act(_("Objectif à décider")),
    "objective_validated": _act(_("Objectif validé, à attribuer")),
    "objective_refused": Kind(_("Objectif refusé par le parquet")),
    "objective_allocated": _act(_("Objectif confié à votre service")),
    "objective_transfer": Kind(_("Objectif : changement de chef de file")),
    "objective_joint": Kind(_("Objectif dirigé par deux services")),
    "objective_sole": Kind(_("Objectif : fin de la codirection")),
    "objective_term": Kind(_("Objectif : nouvelle échéance")),
    "objective_suspended": Kind(_("Enquête suspendue sur un objectif")),
    "objective_operation_planned": Kind(_("Opération programmée sur un objectif")),
    "objective_executed": Kind(_("Opération menée sur un objectif")),
    "objective_judicial_outcome": Kind(_("Suites judiciaires d'un objectif")),
    "objective_closed": Kind(_("Objectif clos")),
    "objective_reopened": _act(_("Objectif rouvert, à examiner de nouveau")),
    "objective_ground_withdrawn": _act(_("Objectif fondé sur un recoupement retiré")),
    "objective_abandoned": Kind(_("Objectif abandonné")),
}
# A cell and the office learn of each hit of their territory: they look on, the two services act.
FOR_THE_SERVICES = frozenset({"hit", "weak_hit"})
# A line of the table is what the page of its object says better: nothing is lost when it leaves the list unread.
SKIMMED = frozenset(name for name, kind in KINDS.items() if not kind.act) | FOR_THE_SERVICES
