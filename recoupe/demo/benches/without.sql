-- The build without need-to-know, for a bench alone: what it costs is the difference. Row security is put off by the caller.
DO $$ BEGIN
    IF current_database() NOT LIKE 'bench\_%' THEN
        RAISE EXCEPTION 'need-to-know is put off in the base of a bench alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- What access.open() said and wrote for each session, so that nothing is computed again.
CREATE TABLE IF NOT EXISTS public.bench_opened (
    token_hash bytea PRIMARY KEY, described jsonb, roles text[], units uuid[], keys bigint[]);
GRANT SELECT ON public.bench_opened TO recoupe_definer;
CREATE SCHEMA IF NOT EXISTS bench;
DO $$ BEGIN
    EXECUTE replace(pg_get_functiondef('access.open(text)'::regprocedure), 'FUNCTION access.open', 'FUNCTION bench.opened_for_real');
END $$;
CREATE FUNCTION pg_temp.remember(token text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE said jsonb := bench.opened_for_real(token);
BEGIN
    INSERT INTO public.bench_opened SELECT sha256(convert_to(token, 'UTF8')), said, c.roles, c.units, c.keys
      FROM public.access_context c WHERE c.pid = pg_backend_pid()
    ON CONFLICT DO NOTHING;
END $$;

-- A session is still checked, the journal still told who acts, and what the rooms ask of a writer still answered.
CREATE OR REPLACE FUNCTION access.open(token text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE s record; o record;
BEGIN
    SELECT agent_id, unit_id, purpose, motive, case_ref, token_hash INTO s FROM public.access_session
     WHERE token_hash = sha256(convert_to(token, 'UTF8')) AND revoked_at IS NULL AND expires_at > now();
    IF NOT FOUND THEN RETURN NULL; END IF;
    SELECT b.described, b.roles, b.units, b.keys INTO o FROM public.bench_opened b WHERE b.token_hash = s.token_hash;
    INSERT INTO public.access_context AS c (pid, xid, agent, unit, roles, units, keys, purpose, motive, case_ref)
    VALUES (pg_backend_pid(), pg_current_xact_id(), s.agent_id, s.unit_id, o.roles, o.units, o.keys, s.purpose, s.motive, s.case_ref)
    ON CONFLICT (pid) DO UPDATE SET xid = excluded.xid, agent = excluded.agent, unit = excluded.unit,
        roles = excluded.roles, units = excluded.units, keys = excluded.keys, purpose = excluded.purpose,
        motive = excluded.motive, case_ref = excluded.case_ref, service = '', journaled = c.journaled AND c.xid = excluded.xid;
    RETURN o.described;
END $$;

-- The newest of all, read in one order.
CREATE OR REPLACE FUNCTION access.feed(in_kind smallint, n integer, before_at timestamptz, before_id uuid)
RETURNS TABLE (id uuid, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.id, r.at FROM public.access_feed r
    WHERE r.key = (SELECT access.key(u.id, 'office') FROM public.reference_unit u WHERE u.code = 'OFAST')
      AND r.kind = in_kind AND (r.at, r.id) < (before_at, before_id)
    ORDER BY r.at DESC, r.id DESC LIMIT least(n, 500) $$;
