"""Which rules stand in the base, in one hash: its functions, policies, triggers and rights, with who owns them.

Each set-up that changes them says so in the journal; what changed without it is seen by whoever computes the hash anew.
"""

from django.db import connection

from recoupe.audit.actions import record
from recoupe.audit.enums import Operation

# Nothing of it depends on numbers of rows or of objects, nor on the order in which rights were given.
_STANDING = """
WITH part (kind, name, said) AS (
    SELECT 'function', n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
           concat_ws('|', p.prosrc, p.prosecdef, p.provolatile, p.proconfig::text, pg_get_userbyid(p.proowner),
                     ARRAY(SELECT a::text FROM unnest(p.proacl) AS a ORDER BY 1)::text)
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE pg_get_userbyid(p.proowner) IN ('recoupe_owner', 'recoupe_definer')
    UNION ALL
    SELECT 'policy', c.relname || '.' || l.polname,
           concat_ws('|', l.polcmd::text, l.polpermissive,
                     pg_get_expr(l.polqual, c.oid), pg_get_expr(l.polwithcheck, c.oid),
                     ARRAY(SELECT pg_get_userbyid(r) FROM unnest(l.polroles) AS r ORDER BY 1)::text)
      FROM pg_policy l JOIN pg_class c ON c.oid = l.polrelid
    UNION ALL
    SELECT 'trigger', c.relname || '.' || t.tgname, t.tgenabled::text || pg_get_triggerdef(t.oid)
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'table', c.relname::text,
           concat_ws('|', c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner),
                     ARRAY(SELECT a::text FROM unnest(c.relacl) AS a ORDER BY 1)::text)
      FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v') AND c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'column', c.relname || '.' || k.attname, ARRAY(SELECT a::text FROM unnest(k.attacl) AS a ORDER BY 1)::text
      FROM pg_attribute k JOIN pg_class c ON c.oid = k.attrelid
     WHERE k.attacl IS NOT NULL AND NOT k.attisdropped AND c.relnamespace = 'public'::regnamespace
)
SELECT encode(sha256(convert_to(string_agg(concat_ws(E'\\t', kind, name, said), E'\\n' ORDER BY kind, name COLLATE "C",
    said COLLATE "C"), 'UTF8')), 'hex') FROM part
"""


def standing() -> str:
    """The hash of the rules that stand in this base now."""
    return _one(_STANDING)


def kept() -> str:
    """The hash that the journal last said; nothing when it never did."""
    return _one("SELECT coalesce(audit.rules_kept(), '')")


def keep() -> bool:
    """Say in the journal which rules stand, unless it said so last; the context of the set-up is open."""
    now = standing()
    if now == kept():
        return False
    record(Operation.CONFIGURE, details={"what": "rules", "hash": now})
    return True


def _one(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0])
