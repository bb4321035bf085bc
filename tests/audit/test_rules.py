"""Which rules stand in the base: one hash, said in the journal by whoever changes them (R-40)."""

import pytest

from recoupe.access import context
from recoupe.audit import rules
from recoupe.cli import check
from tests.world import World


def _said(world: World) -> list[str]:
    return [details["hash"] for _, _, _, details in world.journal("configure") if details.get("what") == "rules"]


def _keep(world: World) -> bool:
    with world.process("migrate"), context.service("set-up", "essai"):
        return rules.keep()


def test_a_set_up_says_which_rules_stand_and_says_them_once(world: World) -> None:
    assert (_keep(world), _keep(world)) == (True, False)
    (first,) = _said(world)
    world.sql("GRANT DELETE ON cases_case TO recoupe_app")
    assert _keep(world)
    world.sql("REVOKE DELETE ON cases_case FROM recoupe_app")
    assert _keep(world)
    assert (len(_said(world)), _said(world)[-1]) == (3, first)


@pytest.mark.parametrize(
    ("change", "back"),
    [
        ("ALTER TABLE cases_case NO FORCE ROW LEVEL SECURITY", "ALTER TABLE cases_case FORCE ROW LEVEL SECURITY"),
        ("ALTER TABLE cases_case DISABLE TRIGGER ALL", "ALTER TABLE cases_case ENABLE TRIGGER ALL"),
        ("CREATE POLICY all_of_it ON cases_case USING (true)", "DROP POLICY all_of_it ON cases_case"),
        (
            "GRANT SELECT (readers) ON cases_case TO recoupe_app",
            "REVOKE SELECT (readers) ON cases_case FROM recoupe_app",
        ),
        ("ALTER FUNCTION access.keys() VOLATILE", "ALTER FUNCTION access.keys() STABLE"),
        ("ALTER FUNCTION access.keys() SECURITY INVOKER", "ALTER FUNCTION access.keys() SECURITY DEFINER"),
    ],
    ids=["force", "trigger", "policy", "column", "volatile", "definer"],
)
def test_what_changed_without_a_set_up_is_seen(world: World, change: str, back: str) -> None:
    _keep(world)

    def well() -> bool:
        with world.process("migrate"):
            (found,) = check._rules()
        return found.well

    assert well()
    world.sql(change)
    assert not well()
    world.sql(back)
    assert well()


def test_who_inspects_computes_the_same_and_reads_what_was_said(world: World) -> None:
    _keep(world)
    with world.process("inspection"):
        assert rules.standing() == rules.kept() == _said(world)[-1]


def test_what_is_of_nobody_in_the_house_is_no_rule(world: World) -> None:
    """The server's own functions, or those that an administrator keeps beside, move no hash: an update is no change."""
    with world.process("migrate"):
        before = rules.standing()
        world.sql("CREATE FUNCTION public.beside() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
        assert rules.standing() == before
        world.sql("ALTER FUNCTION public.beside() OWNER TO recoupe_owner")
        assert rules.standing() != before
        world.sql("DROP FUNCTION public.beside()")
        assert rules.standing() == before


def test_the_set_up_is_told_which_witness_is_silent(world: World) -> None:
    """`recoupe check` asks under its own role, in nobody's context; a process of the application is told nothing."""
    world.sql(
        "INSERT INTO audit_witness (name, public_key, enrolled_at, size)"
        " VALUES ('temoin-muet', %s, now() - interval '1 day', 0)",
        [bytes(32)],
    )
    try:
        said = "SELECT name, silent FROM audit.standing()"
        assert world.sql(said, role="recoupe_owner") == [("temoin-muet", True)]
        assert world.sql(said, role="recoupe_app") == []
    finally:
        world.sql("DELETE FROM audit_witness")
