"""Long runs that anybody can repeat; each prints its figures and leaves nothing behind but its last result."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name

from recoupe.demo.commit import check_committed
from recoupe.demo.proofs import ledger, suites
from recoupe.kernel.refusal import Invalid, gettext_noop


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof: what it shows, and either its function (a database of its own) or its tests at full size."""

    shows: str
    function: str = ""
    tests: tuple[str, ...] = ()


PROOFS: dict[str, Proof] = {
    "linkage": Proof(
        "le recoupement exact, sur les fiches de personnes que personne ici n'a écrites (FICHIER)",
        function="recoupe.demo.proofs.linkage:prove",
    ),
    "inventory": Proof(
        "ce que la découverte trouve : adresses, objets, champs, tables, droits, fonctions",
        function="recoupe.demo.discovery.inventory:prove",
    ),
    "twins": Proof(
        "deux mondes à un objet près répondent les mêmes octets à qui ne le lit pas (10 000 pages)",
        tests=("tests/twins",),
    ),
    "pooling": Proof(
        "aucune ligne ne passe d'une identité à une autre derrière pgbouncer (500 000 requêtes)",
        tests=("tests/attacks/test_pooling.py",),
    ),
    "oracle": Proof(
        "la politique relue par un autre programme : qui lit, fait et voit quoi, par SQL, par les salles et les pages",
        tests=("tests/oracle",),
    ),
    "mutants": Proof(
        "chaque règle du besoin d'en connaître, ôtée ou retournée une à une : un essai au moins tourne au rouge",
        tests=("tests/mutants",),
    ),
    "tamper": Proof(
        "mille atteintes au journal par un administrateur de la base : chacune est trouvée et située (10 000 entrées)",
        tests=("tests/audit/test_tamper.py",),
    ),
    "completeness": Proof(
        "chaque opération a son entrée et chaque entrée son opération, comptées par pgaudit (50 000 opérations)",
        tests=("tests/faults/test_completeness.py",),
    ),
    "crash": Proof(
        "mille kill -9 du site, des travaux, du recoupement ou de la base sous les écritures ; reprend où il en était",
        tests=("tests/faults/test_kills.py", "tests/faults/test_answers.py"),
    ),
    "fuzz": Proof(
        "dix mille demandes hostiles aux vrais sites : aucune panne, temps et mémoire bornés, rien d'à moitié écrit",
        tests=("tests/fuzz/test_fuzz.py",),
    ),
    "taint": Proof(
        "des mots plantés dans quarante champs protégés ne sont dans aucun journal, fichier ou table étrangère",
        tests=("tests/fuzz/test_taint.py",),
    ),
    "throttle": Proof(
        "dix mille essais à la porte, sur mille comptes : personne n'entre, et chaque agent attaqué entre encore",
        tests=("tests/attacks/test_throttle.py",),
    ),
    "weights": Proof(
        "le poids donné en ligne est celui de Splink pour la même paire, à un millionième près (10 000 paires)",
        tests=("tests/matching/test_batch.py",),
    ),
    "timing": Proof(
        "ni le temps ni la taille d'une réponse ne disent ce qui est caché (10 000 paires par adresse)",
        tests=("tests/timing",),
    ),
}


def run(arguments: Namespace) -> int:
    """List the proofs, or run the one that was named."""
    if arguments.list or not arguments.proof:
        print("\n".join(_lines()))
        return 0
    proof = PROOFS.get(arguments.proof)
    if proof is None:
        raise Invalid(
            gettext_noop("Il n'y a pas de preuve « %(name)s » : recoupe prove --list dit lesquelles existent."),
            name=arguments.proof,
        )
    if arguments.save:
        check_committed()
    if proof.tests:
        return suites.prove(arguments, proof.tests)
    prove: Callable[[Namespace], int] = resolve_name(proof.function)
    return prove(arguments)


def wants_database(arguments: Namespace) -> bool:
    """Whether the proof that was named runs on a database made by this command; tests make their own."""
    proof = PROOFS.get(arguments.proof or "")
    return bool(proof and proof.function and not arguments.list)


def _lines() -> list[str]:
    width = max(map(len, PROOFS))
    return [f"{name:<{width}}  {proof.shows} — {_last(name)}" for name, proof in PROOFS.items()]


def _last(name: str) -> str:
    last = ledger.last(name)
    if last is None:
        return "jamais gardée"
    short = len(last["fell_short"])
    verdict = "rien ne manque" if not short else f"{short} point(s) en défaut"
    return f"dernier résultat gardé : {last['date'][:10]}, {last['commit']}, {verdict}"
