"""The worker's jobs: named, known to the queue, and each acting under a mandate or a named service."""

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from recoupe.access import context
from recoupe.access.actions import give_mandate
from recoupe.access.enums import Role
from recoupe.audit.keys import make_keys
from recoupe.config.paths import data_folder
from recoupe.intelligence.actions.importing import upload_import
from recoupe.kernel.refusal import Refused
from recoupe.worker import nightly
from tests.intelligence.test_import import PLAIN_MAPPING
from tests.world import World


def test_a_mandate_acts_for_its_signatory_and_no_longer_than_he_may(world: World) -> None:
    who = world.agent(Role.UNIT_HEAD, "PJ13")
    with world.acting(who) as agent:
        mandate = give_mandate(by=agent, task="import")
    with world.process("worker"):
        with context.mandated(mandate.id) as acting:
            assert acting.id == who.id
        with psycopg.connect(world.admin_url) as admin:
            # Time cannot be moved, so the row is: not even an administrator writes without a journal entry otherwise.
            admin.execute("SET session_replication_role = replica")
            past = timezone.now() - timedelta(days=1)
            admin.execute("UPDATE access_mandate SET expires_at = %s WHERE id = %s", [past, mandate.id])
        with pytest.raises(Refused), context.mandated(mandate.id):
            pass
        with pytest.raises(Refused), context.mandated(uuid4()):
            pass


def test_the_application_may_ask_for_a_job_and_read_none(world: World) -> None:
    who = world.agent(Role.UNIT_HEAD, "PJ13")
    with world.acting(who) as agent:
        made = upload_import(by=agent, name="x.csv", content=b"a\n", mapping=PLAIN_MAPPING)
        mandate = give_mandate(by=agent, task="recoupe.import_file")
        with connection.cursor() as cursor:
            cursor.execute("SELECT worker.ask('recoupe.import_file', %s, %s)", [made.id, mandate.id])
    assert world.sql("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'recoupe.import_file'") == [(1,)]
    with pytest.raises(Exception, match="permission denied"):
        world.sql("SELECT count(*) FROM procrastinate_jobs", role="recoupe_app")


def test_the_nightly_jobs_run_as_the_worker(world: World) -> None:
    make_keys(data_folder())
    with world.process("worker"):
        nightly.daily_journal.func(0)
        nightly.daily_silences.func(0)
        nightly.daily_categories.func(0)
        nightly.daily_drafts.func(0)
        nightly.daily_board.func(0)
        nightly.daily_checks.func(0)
    assert world.sql("SELECT count(*) > 0 FROM plan_dailyfigure") == [(True,)]
