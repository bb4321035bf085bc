"""`recoupe import`: a file handed in, read whole, opened and written for an agent whose software key is at hand."""

import errno
import hashlib
import json
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import OperationalError
from django.utils.translation import gettext

from recoupe.access import actions as access
from recoupe.access import context
from recoupe.access.agent import Agent
from recoupe.access.authenticator import FILE, SoftwareKey, kept_keys
from recoupe.access.signin import sign_in_by_key, sign_in_options
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cases.naming import OwnCases
from recoupe.cli.obstacle import NO_KEY, Obstacle, no_answer, require_installation
from recoupe.config.paths import data_folder
from recoupe.config.processes import PROCESSES
from recoupe.config.roles import connected_as
from recoupe.crosscheck.models import HitSide
from recoupe.crosscheck.queries import hits_of_import
from recoupe.intelligence import actions, permissions
from recoupe.intelligence.actions.common import known_for, moment
from recoupe.intelligence.enums import ImportState
from recoupe.intelligence.importing import queries, running
from recoupe.intelligence.importing.checking import Checked, FileReader, RowRefusal
from recoupe.intelligence.importing.mapping import FileMapping, plain_mapping
from recoupe.intelligence.importing.table import MAX_BYTES, SENTENCE_HEAVY
from recoupe.intelligence.models import ImportFile
from recoupe.intelligence.places import PlaceTable
from recoupe.intelligence.queries import reports
from recoupe.kernel.refusal import Invalid, Refused, gettext_noop
from recoupe.kernel.selectors import STRENGTH_LABELS, Strength

Acting = Callable[[], AbstractContextManager[Agent]]
UNREADABLE = {
    errno.ENOENT: gettext_noop("il n'existe pas"),
    errno.EISDIR: gettext_noop("c'est un dossier"),
    errno.ENOTDIR: gettext_noop("il n'existe pas"),
    errno.ENAMETOOLONG: gettext_noop("son nom est trop long"),
    errno.EACCES: gettext_noop("droits insuffisants"),
}
HITS_SHOWN = 50
LOOK_S = 0.5
# What was handed in and is not finished: the same command takes it up again.
LEFT = (ImportState.CHECKED, ImportState.OPENED, ImportState.RUNNING)


def say(text: str) -> None:
    """A line of progress; the answer itself goes to the standard output."""
    print(text, file=sys.stderr, flush=True)


def run(arguments: Namespace) -> int:
    """The verb; 0 when the file is written, handed in, or (dry run) without fault."""
    content, mapping = _content(arguments.file), plain_mapping(_text(arguments.mapping))
    with _session(arguments) as token:
        return _Import(partial(context.acting, token), arguments, content, mapping).run()


# --- What is read before anybody signs in -------------------------------------------------------------------------


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Invalid(SENTENCE_HEAVY, field="file", max=MAX_BYTES // 1024 // 1024)
        return path.read_bytes()
    except OSError as error:
        reason = UNREADABLE.get(error.errno or 0, error.strerror or str(error))
        raise Obstacle(gettext_noop("%(file)s ne se lit pas : %(reason)s."), file=str(path), reason=reason) from error


def _text(path: Path) -> str:
    try:
        return _content(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Obstacle(gettext_noop("%(file)s n'est pas en UTF-8."), file=str(path)) from error


def _key(arguments: Namespace) -> SoftwareKey:
    """The software key of the agent: of the file that was named, else of the demonstration of this folder."""
    path = arguments.key or data_folder() / FILE
    try:
        found = kept_keys(path).get(arguments.login)
    except (ValueError, KeyError, TypeError) as error:
        raise Obstacle(gettext_noop("%(file)s n'est pas un fichier de clés."), file=str(path)) from error
    if found is None:
        raise Obstacle(NO_KEY, file=str(path), login=arguments.login)
    return found


# --- The session --------------------------------------------------------------------------------------------------


@contextmanager
def _session(arguments: Namespace) -> Iterator[str]:
    """A session of the agent with its purpose declared, closed at the end; rows stay hidden without one."""
    require_installation("signin")
    key = _key(arguments)
    try:
        with connected_as(PROCESSES["signin"].role):
            token = sign_in_by_key(key.sign(sign_in_options(), settings.SIGNIN_ORIGIN))
    except (OperationalError, psycopg.OperationalError) as error:
        raise no_answer() from error
    try:
        with context.acting(token) as agent:
            permissions.check_upload(agent)
            motive = arguments.motive or f"Import du fichier {arguments.file.name}"[:200]
            access.declare_purpose(by=agent, token=token, purpose=arguments.purpose, motive=motive, case_ref="")
        yield token
    except Refused:
        # As on the page: the attempt is kept, whatever it left behind is not.
        with suppress(Refused), context.acting(token):
            record(Operation.REFUSED, details={"view": "import-new", "method": "POST"})
        raise
    except (OperationalError, psycopg.OperationalError) as error:
        raise Obstacle(
            gettext_noop("La base s'est arrêtée en cours de route : ce qui est écrit le reste. Relancez la commande.")
        ) from error
    finally:
        # A session that cannot be closed now ends by itself.
        with suppress(OperationalError, psycopg.OperationalError), context.acting(token) as agent:
            record(Operation.SIGN_OUT, refs=[("agent", agent.id)])
            context.close_session(token)


# --- The file -----------------------------------------------------------------------------------------------------


class _Import:
    """One file on its way, in the name of one agent."""

    def __init__(self, acting: Acting, arguments: Namespace, content: bytes, mapping: dict[str, object]) -> None:
        self.acting = acting
        self.arguments = arguments
        self.content = content
        self.mapping = mapping

    def run(self) -> int:
        """Read it whole; then hand it in, open it and write it, as far as the agent may."""
        with self.acting() as agent:
            permissions.check_upload(agent)
            left = None if self.arguments.dry_run else self._left(agent)
        if left is not None and left.state != ImportState.CHECKED:
            say("Ce fichier avait été interrompu : reprise.")
            return self._write(left)
        checked = self._checked(agent)
        self._report(checked)
        stopped = bool(checked.refused) and not self.arguments.accept_partial
        if self.arguments.dry_run or stopped or not checked.valid:
            say("Rien n'est écrit." if not stopped else "Rien n'est écrit : corrigez le fichier, ou --accept-partial.")
            self._summary(checked.total, checked.refused, 0, 0, "dry_run" if self.arguments.dry_run else "refused")
            return 1 if checked.refused else 0
        return self._hand_in(checked, left)

    def _left(self, agent: Agent) -> ImportFile | None:
        """The same bytes under the same mapping, handed in before and not finished."""
        digest = hashlib.sha256(self.content).hexdigest()
        for found in queries.imports(agent, limit=200):
            if found.sha256 == digest and found.mapping == self.mapping and found.state in LEFT:
                return found
        return None

    def _checked(self, agent: Agent) -> Checked:
        today = moment().today
        with self.acting():
            known = known_for(agent, today, PlaceTable(today))
            mapping = FileMapping.from_json(self.mapping)
            reader = FileReader(self.content, mapping, known, agent.unit_id, procedures=OwnCases(agent, today))
        say(f"{reader.total} lignes : contrôle…")
        return reader.check()

    def _hand_in(self, checked: Checked, left: ImportFile | None) -> int:
        """S-1: a head of the unit opens the file; anybody else leaves it for him."""
        with self.acting() as agent:
            found = left
            if found is None:
                found = actions.upload_import(
                    by=agent, name=self.arguments.file.name, content=self.content, mapping=self.mapping
                )
                found = actions.check_import(by=agent, import_file=found, checked=checked)
            if may_open := permissions.can_open_import(agent, found):
                found = actions.open_import(by=agent, import_file=found, accept_valid=self.arguments.accept_partial)
        if may_open:
            return self._write(found)
        say(
            f"Le fichier est remis. Le chef de l'unité ({agent.unit_name}) doit l'ouvrir : à la page « Imports », "
            "ou par cette même commande en son nom (--as)."
        )
        self._summary(checked.total, checked.refused, 0, 0, "handed_in")
        return 0

    def _write(self, opened: ImportFile) -> int:
        done = running.run(self.acting, opened.id, _progress, naming=OwnCases)
        if done.lines_differing:
            self._differing(done.lines_differing)
        self._hits(done.id)
        self._summary(done.rows_total, done.rows_refused, done.rows_written, done.rows_known, "written")
        return 0

    def _hits(self, import_id: UUID) -> None:
        """Whom the reports of the file have met, as far as the agent is told; what is not compared yet is said."""
        until = time.monotonic() + self.arguments.wait
        while (pending := self._pending(import_id)) and time.monotonic() < until:
            time.sleep(LOOK_S)
        if pending:
            say("Recoupement en cours : ce que ces fiches rencontrent sera à la page de l'import.")
        with self.acting() as agent:
            met = hits_of_import(agent, import_id, HITS_SHOWN)
            own = reports(agent, [line.side.record_id for line in met])
            hits = [("hit", line.side.hit_id) for line in met]
            refs = [("import", import_id), *hits, *(("report", one) for one in sorted(own))]
            record(Operation.CONSULT, refs=refs)
        for side in (line.side for line in met if line.side.record_id in own):
            self._hit(own[side.record_id].ref or "", side)

    def _hit(self, ref: str, side: HitSide) -> None:
        """Whom to call, how strong; no reason and no weight (S-1)."""
        unit = side.asker_name or side.other_name
        if self.arguments.json:
            hit = {"report": ref, "unit": unit, "phone": side.other_phone, "strength": side.strength}
            print(json.dumps({"hit": hit}, ensure_ascii=False))
            return
        words = gettext(STRENGTH_LABELS[Strength(side.strength)]) if side.strength else ""
        print(", ".join(part for part in (f"{ref} : recoupement {words}".strip(), unit, side.other_phone) if part))

    def _pending(self, import_id: UUID) -> bool:
        with self.acting() as agent:
            return queries.still_compared(agent, import_id)

    # --- Words ----------------------------------------------------------------------------------------------------

    def _report(self, checked: Checked) -> None:
        for refusal in checked.refusals:
            reason = _said(refusal)
            if self.arguments.json:
                fault = {"line": refusal.line, "field": refusal.field, "reason": reason}
                print(json.dumps(fault, ensure_ascii=False))
            else:
                print(f"ligne {refusal.line}, {refusal.field} : {reason}")

    def _differing(self, lines: list[int]) -> None:
        if self.arguments.json:
            print(json.dumps({"known_with_other_content": lines}))
            return
        said = ", ".join(map(str, lines))
        print(f"Connues, mais au contenu différent de leur fiche, où rien n'a changé : {len(lines)} (lignes {said}).")

    def _summary(self, total: int, refused: int, written: int, known: int, result: str) -> None:
        if self.arguments.json:
            counts = {"total": total, "refused": refused, "written": written, "known": known}
            print(json.dumps({"result": result, **counts}, ensure_ascii=False))
        else:
            print(f"{total} lignes : {refused} refusées, {written} écrites, {known} déjà connues.")
        sys.stdout.flush()


def _said(refusal: RowRefusal) -> str:
    text = gettext(refusal.sentence)
    return text % refusal.params if refusal.params else text


def _progress(seen: running.Progress) -> None:
    say(f"  {seen.done} / {seen.total} lignes")
