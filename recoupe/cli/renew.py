"""`recoupe renew`: other passwords for the roles of the base and other keys for the sites, while they work (R-60)."""

from argparse import Namespace
from urllib.parse import urlsplit, urlunsplit

import psycopg

from recoupe.access import context
from recoupe.audit.actions import record
from recoupe.audit.enums import Operation
from recoupe.cli.deploy import create_roles, refuse_roles_of_another
from recoupe.cli.migrate import administrator, say
from recoupe.cli.obstacle import Obstacle, require_installation
from recoupe.config.paths import credential
from recoupe.config.processes import LOGIN_ROLES
from recoupe.config.roles import connected_as
from recoupe.kernel.refusal import gettext_noop

REFUSED = gettext_noop("PostgreSQL a refusé un mot de passe (%(reason)s) : rien n'est perdu, recommencez.")


def run(arguments: Namespace) -> int:
    """All of them; an interrupted run is begun again, and `recoupe migrate` gives the base what the files hold."""
    require_installation("migrate")
    with administrator() as url:
        with psycopg.connect(url) as connection:
            refuse_roles_of_another(connection)
        with connected_as("recoupe_owner"), context.service("set-up", arguments.motive):
            record(Operation.CONFIGURE, details={"what": "secrets"})
        house = urlsplit(credential("recoupe_owner").read_text().strip()).path
        try:
            create_roles(urlunsplit(urlsplit(url)._replace(path=house)), fresh=True)
        except psycopg.Error as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise Obstacle(REFUSED, reason=lines[0]) from error
    say(f"{len(LOGIN_ROLES)} mots de passe changés : les liaisons ouvertes durent, les nouvelles ont le nouveau.")
    say("Les clés des sites sont changées ; chacun prend la sienne quand il redémarre, sans fermer de session.")
    return 0
