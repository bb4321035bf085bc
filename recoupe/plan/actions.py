"""Counting the figures of the day again: for the set-up and the nightly job, never on request."""

from django.db import connection, transaction


@transaction.atomic
def freeze() -> None:
    """Count every figure now and keep it for today; only the owner's and the worker's roles may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT plan.freeze()")
