"""R-FNOS-1: the registry holds the attributes of article 2 and a listed set of technical columns, nothing else."""

from recoupe.targets.models import PERSONAL, RegisteredTarget
from tests.world import World

# Article 2 of the order of 11 July 2012, line by line.
ARTICLE_2 = {
    "surname", "first_names", "nickname", "alias",
    "sex",
    "birth_date", "birth_place",
    "addresses",
    "emails",
    "phones",
    "imeis",
    "vehicle_makes", "vehicle_plates",
    "investigator_name", "investigator_contact",
    "magistrate_name", "magistrate_contact",
}  # fmt: skip
TECHNICAL = {
    "id", "created_at", "owner_unit_id", "readers", "ref", "case_id", "legal_framework", "articles", "state",
    "state_since", "steps", "requested_by_id", "motive", "purpose", "renews_id", "registered_at", "expires_on",
    "reminders",
}  # fmt: skip
ALLOWED = ARTICLE_2 | TECHNICAL


def columns(world: World, table: str) -> set[str]:
    found = world.sql("SELECT column_name::text FROM information_schema.columns WHERE table_name = %s", [table])
    return {name for (name,) in found}


def test_the_table_holds_what_the_text_lists(world: World) -> None:
    assert columns(world, "targets_registeredtarget") == ALLOWED


def test_the_room_names_the_same_attributes() -> None:
    assert set(PERSONAL) == ARTICLE_2
    assert {field.attname for field in RegisteredTarget._meta.concrete_fields} == ALLOWED


def test_no_other_table_of_the_room_holds_a_person(world: World) -> None:
    tables = world.sql("SELECT tablename::text FROM pg_tables WHERE starts_with(tablename::text, 'targets_')")
    others = {name for (name,) in tables} - {"targets_registeredtarget"}
    assert others == {"targets_targetstep", "targets_casereminder", "targets_outbox"}
    for table in others:
        assert not columns(world, table) & ARTICLE_2
