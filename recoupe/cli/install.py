"""`recoupe install`: a real house, from an empty folder to a base and the journal's keys; safe to run twice."""

import os
from argparse import Namespace

from django.db import connection

from recoupe.access import context
from recoupe.audit import rules
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.audit.keys import WITNESSES, make_keys
from recoupe.cli import messages
from recoupe.cli.folder import Folder
from recoupe.cli.migrate import administrator, brought_up, say
from recoupe.cli.obstacle import Obstacle
from recoupe.cli.services import accounts, hand_over
from recoupe.config.paths import public_key
from recoupe.config.roles import connected_as
from recoupe.kernel.refusal import gettext_noop

MADE = gettext_noop("Cette base porte le monde inventé de la démonstration : installez la maison dans une autre.")
NEXT = """La base est prête. Il reste, dans l'ordre (docs/fr/exploiter.md) :
  recoupe authority « identifiant=Nom complet@SERVICE » (deux personnes) --motive …
  recoupe notary, et recoupe witness temoin-a, temoin-b : chacun sous son compte
  recoupe sign-in, web, portal, worker, matcher : chacun sous son compte"""


def run(_arguments: Namespace) -> int:
    """Everything that needs no person's name."""
    folder = Folder()
    folder.prepare()
    messages.compile_all()
    with folder.starting(), administrator(leaves_running=True) as url:
        brought_up(url)
        with connected_as("recoupe_owner"), context.service("set-up", "première installation"):
            _refuse_made_world()
            say("Clés du journal")
            make_keys(folder.path)
            _name_witnesses()
            rules.keep()
        hand_over(folder, accounts(folder))
    if not (os.environ.get("DATABASE_URL") or os.environ.get("RECOUPE_ADMIN_URL")):
        say("Le PostgreSQL de ce dossier tourne ; si la machine redémarre, la même commande le relance.")
    say(NEXT)
    return 0


def _refuse_made_world() -> None:
    """Its agents enter without a key: no real house is ever made of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.made_world()")
        if cursor.fetchone()[0]:
            raise Obstacle(MADE)


def _name_witnesses() -> None:
    """Those of this machine, in a house that has named none yet; others take over later (recoupe journal enrol)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit.standing()")
        if cursor.fetchone()[0]:
            return
        for name in WITNESSES:
            record(Operation.CONFIGURE, details={"what": "witness", "name": name})
            cursor.execute("SELECT audit.enrol(%s::text, %s::bytea)", [name, public_key(name)])
