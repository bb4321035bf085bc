"""Each table and column of the base and its row: what roles may do there at most, and which columns they may select."""

from django.apps import apps

from recoupe.cli.deploy import ROOMS
from recoupe.config.processes import LOGIN_ROLES
from tests.policy.book import rows, words
from tests.world import World

ROLES = {"app": "recoupe_app", "worker": "recoupe_worker", "matcher": "recoupe_matcher"}
LETTERS = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}
# Django's own bookkeeping.
PLAIN = {"django_migrations", "django_content_type"}


def tables_of(world: World) -> set[str]:
    found = world.sql(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v') AND relnamespace = 'public'::regnamespace"
    )
    return {name for (name,) in found} - PLAIN


def may(world: World, role: str, table: str) -> str:
    """What a role may do on at least one column, in letters."""
    asked = ", ".join(
        f"has_table_privilege('{role}', '{table}', 'DELETE')"
        if word == "DELETE"
        else f"has_any_column_privilege('{role}', '{table}', '{word}')"
        for word in LETTERS.values()
    )
    (answers,) = world.sql(f"SELECT {asked}")
    return "".join(letter for letter, answer in zip(LETTERS, answers, strict=True) if answer) or "none"


def test_every_table_has_its_row_and_every_row_its_table(world: World) -> None:
    assert {row["table"] for row in rows("tables")} == tables_of(world)


def test_roles_may_on_each_table_what_its_row_says(world: World) -> None:
    wrong = []
    for row in rows("tables"):
        told = {column: may(world, role, row["table"]) for column, role in ROLES.items()}
        if told != {column: row[column] for column in ROLES}:
            wrong.append((row["table"], told))
    assert wrong == []


def test_every_other_role_may_only_what_its_row_says(world: World) -> None:
    """Sign-in, the public site, the notary and the inspection hold no right that nobody wrote down."""
    told = {f"recoupe_{row['role']}": row for row in rows("otherroles")}
    assert set(told) | set(ROLES.values()) | {"recoupe_owner"} == set(LOGIN_ROLES)
    public = {row["table"] for row in rows("tables") if row["read"] == "public"}
    wrong = []
    for role, row in told.items():
        named = {table for word in words(row["on"]) for table in (public if word == "public" else {word})}
        for table in tables_of(world):
            due, found = row["may"] if table in named else "none", may(world, role, table)
            if found != due:
                wrong.append((role, table, found, due))
    assert wrong == []


def test_how_a_table_is_read_is_how_its_policies_read(world: World) -> None:
    """`keys`: its own keys in the policy; `parent`: a look at the parent; `closed`: nothing to select."""
    found = world.sql(
        "SELECT c.relname, pg_get_expr(p.polqual, p.polrelid) FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
        " WHERE p.polcmd IN ('r', '*') AND 'recoupe_app'::regrole = ANY (p.polroles) AND p.polpermissive"
    )
    clause: dict[str, str] = {}
    for table, expression in found:
        clause[table] = clause.get(table, "") + expression
    for row in rows("tables"):
        said, expression = words(row["read"]), clause.get(row["table"], "")
        if said[0] == "keys":
            assert "readers && ( SELECT access.keys()" in expression, row
        elif said[0] == "parent":
            assert f"FROM {said[1]} parent" in expression, row
            assert "parent.id = " in expression, row
        elif said[0] == "closed":
            assert row["app"].strip("IUD") in ("", "none"), row
        elif said[0] == "rule":
            assert expression, row


def test_the_functions_that_write_for_the_application_are_those_of_the_table(world: World) -> None:
    found = world.sql(
        "SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.prosecdef AND p.provolatile = 'v' AND p.prorettype <> 'trigger'::regtype"
        " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        " AND has_function_privilege('recoupe_app', p.oid, 'EXECUTE')"
    )
    assert {row["function"] for row in rows("functions")} == {name for (name,) in found}


def callers(world: World) -> set[tuple[str, str]]:
    """Each function of the rooms and the processes that may call it; the owner may call all."""
    names = [role.removeprefix("recoupe_") for role in LOGIN_ROLES]
    asked = "".join(f", has_function_privilege('{role}', p.oid, 'EXECUTE')" for role in LOGIN_ROLES)
    found = world.sql(
        f"SELECT n.nspname || '.' || p.proname{asked} FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = ANY (%s)",
        [list(ROOMS)],
    )
    return {
        (function, " ".join(name for name, may in zip(names, told, strict=True) if may and name != "owner") or "none")
        for function, *told in found
    }


def test_every_function_is_called_by_the_processes_of_its_row(world: World) -> None:
    said = {(function, row["roles"]) for row in rows("callers") for function in words(row["functions"])}
    assert said ^ callers(world) == set()


def readable(world: World) -> set[str]:
    """Tables that the site reads and that are no public reference."""
    return {row["table"] for row in rows("tables") if "S" in row["app"] and row["read"] != "public"}


def test_every_column_that_the_site_could_read_has_its_row(world: World) -> None:
    found = world.sql(
        "SELECT c.relname, a.attname, has_column_privilege('recoupe_app', c.oid, a.attname, 'SELECT')"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE c.relname = ANY (%s) AND c.relnamespace = 'public'::regnamespace"
        " AND a.attnum > 0 AND NOT a.attisdropped",
        [sorted(readable(world))],
    )
    actual = {(table, column): "yes" if selectable else "no" for table, column, selectable in found}
    assert {(row["table"], row["field"]): row["sql"] for row in rows("fields")} == actual


def test_every_field_of_a_model_has_its_row(world: World) -> None:
    """A field that a migration has not brought yet is missed by the base: the models are asked as well."""
    wanted = readable(world)
    fields = {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        if model._meta.db_table in wanted
        for field in model._meta.concrete_fields
        if field.column
    }
    told = {(row["table"], row["field"]): (row["sql"], row["shown"]) for row in rows("fields")}
    assert fields <= told.keys()
    # A column of the base alone (an index beside its text) is for no role of the site.
    assert {said for column, said in told.items() if column not in fields} <= {("no", "nobody")}


def test_reader_keys_are_never_shown_nor_selected() -> None:
    keys = [row for row in rows("fields") if row["field"] == "readers"]
    assert len(keys) >= 9
    assert {(row["sql"], row["shown"]) for row in keys} == {("no", "nobody")}
