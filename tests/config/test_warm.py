"""What a site reads before it answers: every page compiles, and the processes forked afterwards share no connection."""

import pytest
from django.db import connection
from django.test import override_settings

from recoupe.config.processes import PROCESSES
from recoupe.config.warm import compile_pages


def test_every_page_is_compiled_and_no_connection_is_opened() -> None:
    connection.close()
    assert compile_pages() > 60
    assert connection.connection is None


@pytest.mark.parametrize(("process", "least", "most"), [("signin", 6, 40), ("portal", 3, 10)])
def test_a_small_site_compiles_its_own_pages_alone(process: str, least: int, most: int) -> None:
    with override_settings(PROCESS=PROCESSES[process]):
        assert least <= compile_pages() <= most
