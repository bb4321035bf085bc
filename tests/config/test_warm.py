"""What a site reads before it answers: every page compiles, and the processes forked afterwards share no connection."""

from django.db import connection

from recoupe.config.warm import compile_pages


def test_every_page_is_compiled_and_no_connection_is_opened() -> None:
    connection.close()
    assert compile_pages() > 60
    assert connection.connection is None
