-- The functions that every policy calls. Applied before the policies of any room; see docs/adr/0003.
-- The journal and the context call each other: this file is the one listed exception to the floors, in SQL only.

CREATE UNLOGGED TABLE IF NOT EXISTS public.access_context (
    pid integer PRIMARY KEY,
    xid xid8 NOT NULL,
    agent uuid,
    unit uuid,
    roles text[] NOT NULL DEFAULT '{}',
    units uuid[] NOT NULL DEFAULT '{}',
    keys bigint[] NOT NULL DEFAULT '{}',
    purpose text NOT NULL DEFAULT '',
    motive text NOT NULL DEFAULT '',
    case_ref text NOT NULL DEFAULT '',
    service text NOT NULL DEFAULT '',
    journaled boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);
ALTER TABLE public.access_context OWNER TO recoupe_owner;
ALTER TABLE public.access_context ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.access_context FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.access_context TO recoupe_definer;
DROP POLICY IF EXISTS definer_all ON public.access_context;
CREATE POLICY definer_all ON public.access_context TO recoupe_definer USING (true) WITH CHECK (true);

-- A reader key: the first eight bytes of SHA-256 of "unit:capacity"; recoupe.access.keys computes the same.
CREATE OR REPLACE FUNCTION access.key(target uuid, capacity text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS
$$ SELECT ('x' || encode(substr(sha256(convert_to(target::text || ':' || capacity, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint $$;

-- The value of a dated legal parameter that counts whole things, today in Paris.
CREATE OR REPLACE FUNCTION access.parameter(in_code text) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT p.value::integer FROM public.reference_legalparameter p
    WHERE p.rule_code = in_code
      AND (now() AT TIME ZONE 'Europe/Paris')::date BETWEEN coalesce(p.valid_from, '-infinity') AND coalesce(p.valid_to, 'infinity')
    ORDER BY p.valid_from DESC NULLS LAST LIMIT 1 $$;
GRANT EXECUTE ON FUNCTION access.parameter(text) TO recoupe_definer;

-- An agent in one unit: what he reads in his own name he reads there, and no more once he has left it (R-ACC-1).
CREATE OR REPLACE FUNCTION access.seat(agent uuid, unit uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS
$$ SELECT encode(substr(sha256(convert_to(agent::text || '@' || unit::text, 'UTF8')), 1, 16), 'hex')::uuid $$;
CREATE OR REPLACE FUNCTION access.own_key(agent uuid, unit uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS
$$ SELECT access.key(access.seat(agent, unit), 'agent') $$;

-- The reader keys of whoever acts in this transaction; empty without a context: no context, no rows.
CREATE OR REPLACE FUNCTION access.keys() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT coalesce((SELECT c.keys FROM public.access_context c
     WHERE c.pid = pg_backend_pid() AND c.xid = pg_current_xact_id_if_assigned()), '{}'::bigint[]) $$;

CREATE OR REPLACE FUNCTION access.agent() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT c.agent FROM public.access_context c
     WHERE c.pid = pg_backend_pid() AND c.xid = pg_current_xact_id_if_assigned() $$;

-- The units in which the acting agent holds a live habilitation.
CREATE OR REPLACE FUNCTION access.units() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT coalesce((SELECT c.units FROM public.access_context c
     WHERE c.pid = pg_backend_pid() AND c.xid = pg_current_xact_id_if_assigned()), '{}'::uuid[]) $$;

CREATE OR REPLACE FUNCTION access.has_role(role text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT coalesce((SELECT role = ANY (c.roles) FROM public.access_context c
     WHERE c.pid = pg_backend_pid() AND c.xid = pg_current_xact_id_if_assigned()), false) $$;

-- Whether the acting agent works in one of these roles: those of a cell outside a cell give reading alone (P-81).
CREATE OR REPLACE FUNCTION access.works_as(VARIADIC wanted text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM public.access_context c, unnest(c.roles) AS r
    WHERE c.pid = pg_backend_pid() AND c.xid = pg_current_xact_id_if_assigned() AND r = ANY (wanted)
      AND (r NOT IN ('cross_analyst', 'cross_head')
           OR EXISTS (SELECT 1 FROM public.reference_unit u WHERE u.id = ANY (c.units) AND u.kind = 'cross'))) $$;
GRANT EXECUTE ON FUNCTION access.works_as(text[]) TO recoupe_app, recoupe_worker, recoupe_definer;
-- And reads what his unit holds: nobody writes for a unit what he may not read of it (P-86).
CREATE OR REPLACE FUNCTION access.writes_as(VARIADIC wanted text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT access.works_as(VARIADIC wanted) AND EXISTS (SELECT 1 FROM public.reference_unit u
    WHERE u.id = ANY (access.units())
      AND access.key(u.id, CASE u.kind WHEN 'cross' THEN 'cell' WHEN 'office' THEN 'office' ELSE 'unit' END) = ANY (access.keys())) $$;
GRANT EXECUTE ON FUNCTION access.writes_as(text[]) TO recoupe_app, recoupe_worker, recoupe_definer;

-- The purposes that a designation for a role may name; recoupe.access.enums names the same ones (tested).
CREATE OR REPLACE FUNCTION access.purposes_for(role text) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS
$$ SELECT CASE role
    WHEN 'investigator' THEN ARRAY['judicial_inquiry', 'criminal_intelligence']
    WHEN 'unit_head' THEN ARRAY['judicial_inquiry', 'criminal_intelligence', 'coordination']
    WHEN 'duty_officer' THEN ARRAY['duty']
    WHEN 'cross_analyst' THEN ARRAY['criminal_intelligence', 'coordination']
    WHEN 'cross_head' THEN ARRAY['criminal_intelligence', 'coordination']
    WHEN 'ofast_analyst' THEN ARRAY['criminal_intelligence', 'coordination']
    WHEN 'registry_manager' THEN ARRAY['coordination']
    WHEN 'watch_desk' THEN ARRAY['duty']
    WHEN 'plan_manager' THEN ARRAY['coordination']
    WHEN 'prosecutor' THEN ARRAY['judicial_direction']
    WHEN 'examining_judge' THEN ARRAY['judicial_direction']
    WHEN 'dpo' THEN ARRAY['oversight']
    WHEN 'inspection' THEN ARRAY['oversight']
    WHEN 'sysadmin' THEN ARRAY['administration']
    WHEN 'designating_authority' THEN ARRAY['administration']
    ELSE '{}' END $$;
DROP FUNCTION IF EXISTS access.admits(text[], text);

-- The purposes that an agent may declare today: those that his designations name, and that their roles may have (P-98).
CREATE OR REPLACE FUNCTION access.purposes_of(who uuid, roles text[] DEFAULT NULL) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT coalesce(array_agg(DISTINCT p.word ORDER BY p.word), '{}')
     FROM public.access_agent a
     JOIN public.access_habilitation h ON h.agent_id = a.id AND h.unit_id = a.unit_id AND h.revoked_at IS NULL
      AND (now() AT TIME ZONE 'Europe/Paris')::date BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity')
    CROSS JOIN LATERAL (SELECT unnest(h.purposes)::text AS word INTERSECT SELECT unnest(access.purposes_for(h.role))) p
    WHERE a.id = who AND a.active AND (roles IS NULL OR h.role = ANY (roles)) $$;

-- Write the context of this backend and this transaction. Nobody but the functions below may call it.
CREATE OR REPLACE FUNCTION access.enter(who uuid, in_purpose text, in_motive text, in_case text, in_service text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    today date := (now() AT TIME ZONE 'Europe/Paris')::date;
    a record;
    held_roles text[];
    held_units uuid[];
    held_grants jsonb;
    held_keys bigint[];
    may_declare text[] := access.purposes_of(who);
BEGIN
    SELECT ag.id, ag.login, ag.display_name, ag.unit_id, u.code, u.name, u.kind, u.departments
      INTO a FROM public.access_agent ag JOIN public.reference_unit u ON u.id = ag.unit_id
     WHERE ag.id = who AND ag.active;
    IF NOT FOUND THEN RETURN NULL; END IF;
    WITH live AS (
        SELECT h.role, h.unit_id FROM public.access_habilitation h
         WHERE h.agent_id = who AND h.unit_id = a.unit_id AND h.revoked_at IS NULL
           AND h.valid_from <= today AND (h.valid_to IS NULL OR h.valid_to >= today)
    ), granted AS (
        SELECT CASE rc.scope WHEN 'self' THEN access.seat(who, live.unit_id) ELSE live.unit_id END AS target, rc.capacity
          FROM live JOIN public.access_rolecapacity rc ON rc.role = live.role
         WHERE rc.scope IN ('self', 'unit') OR (rc.scope = 'cell' AND a.kind = 'cross')
        UNION
        SELECT c.id, rc.capacity
          FROM live JOIN public.access_rolecapacity rc ON rc.role = live.role AND rc.scope = 'cells'
          JOIN public.reference_unit c ON c.kind = 'cross' AND c.departments && a.departments
           AND coalesce(c.opens_on, c.valid_from, '-infinity') <= today AND (c.valid_to IS NULL OR c.valid_to >= today)
        UNION
        -- The key of a service joined to a cell: once every row carries it, and not a request after its end.
        SELECT j.id, rc.capacity
          FROM live JOIN public.access_rolecapacity rc ON rc.role = live.role AND rc.scope = 'joined'
          JOIN public.access_cellservice j ON j.service_id = live.unit_id AND j.spread_at IS NOT NULL
           AND j.ended_at IS NULL AND j.valid_from <= today AND (j.valid_to IS NULL OR j.valid_to >= today)
    )
    SELECT (SELECT coalesce(array_agg(DISTINCT l.role::text), '{}') FROM live l),
           (SELECT coalesce(array_agg(DISTINCT l.unit_id), '{}') FROM live l),
           coalesce(jsonb_agg(jsonb_build_array(g.target, g.capacity)), '[]'),
           coalesce(array_agg(access.key(g.target, g.capacity)), '{}')
      INTO held_roles, held_units, held_grants, held_keys FROM granted g;
    IF held_roles = '{}' THEN RETURN NULL; END IF;
    -- A purpose that none of his designations of today names is none: it was declared for one that he has lost.
    IF in_purpose <> ALL (may_declare) THEN
        in_purpose := ''; in_motive := ''; in_case := '';
    END IF;
    INSERT INTO public.access_context AS c (pid, xid, agent, unit, roles, units, keys, purpose, motive, case_ref, service)
    VALUES (pg_backend_pid(), pg_current_xact_id(), who, a.unit_id, held_roles, held_units,
            CASE WHEN in_purpose = '' THEN '{}' ELSE held_keys END, in_purpose, in_motive, in_case, in_service)
    ON CONFLICT (pid) DO UPDATE SET
        -- An entry in another's name covers no write of his.
        journaled = c.journaled AND c.xid = excluded.xid AND c.agent IS NOT DISTINCT FROM excluded.agent,
        xid = excluded.xid, agent = excluded.agent, unit = excluded.unit, roles = excluded.roles,
        units = excluded.units, keys = excluded.keys, purpose = excluded.purpose, motive = excluded.motive,
        case_ref = excluded.case_ref, service = excluded.service;
    RETURN jsonb_build_object(
        'id', a.id, 'login', a.login, 'name', a.display_name, 'unit_id', a.unit_id, 'unit_code', a.code,
        'unit_name', a.name, 'unit_kind', a.kind, 'departments', to_jsonb(a.departments),
        'roles', to_jsonb(held_roles), 'grants', held_grants, 'purposes', to_jsonb(may_declare),
        'purpose', in_purpose, 'motive', in_motive, 'case_ref', in_case);
END $$;

-- Twelve hours at most, a quarter of an hour without a request (R-52); what the set-up opens for a long work does not tire. Moments that
-- have not come (a clock that jumped forward and back wrote them) open nothing either; two minutes are granted to a clock that is set.
CREATE OR REPLACE FUNCTION access.is_live(s public.access_session) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT s.revoked_at IS NULL AND s.expires_at > now() AND s.how <> ''
      AND s.opened_at <= now() + interval '2 minutes' AND s.expires_at <= s.opened_at + interval '12 hours'
      AND (s.how = 'set-up' OR s.seen_at > now() - interval '15 minutes' AND s.seen_at <= now() + interval '2 minutes') $$;
-- Whether the agent has shown his key within five minutes (step-up, R-53), and not at a moment that has not come: no clock says infinity,
-- which is what a made world writes for an agent whose key is always at hand.
CREATE OR REPLACE FUNCTION access.is_fresh(proven timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT coalesce(proven > now() - interval '5 minutes' AND (proven <= now() + interval '2 minutes' OR NOT isfinite(proven)), false) $$;

CREATE OR REPLACE FUNCTION access.only_watches(who uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT coalesce(bool_and(h.role = 'watch_desk'), false) FROM public.access_agent a
     JOIN public.access_habilitation h ON h.agent_id = a.id AND h.unit_id = a.unit_id AND h.revoked_at IS NULL
      AND (now() AT TIME ZONE 'Europe/Paris')::date BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity')
    WHERE a.id = who AND a.active $$;

-- Open the context of a session: the token is hashed here, its row is read by this function alone.
CREATE OR REPLACE FUNCTION access.opened(token text, used boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE s record;
BEGIN
    SELECT agent_id, unit_id, purpose, motive, case_ref, token_hash, client, seen_at, proven_at INTO s FROM public.access_session
     WHERE token_hash = sha256(convert_to(token, 'UTF8')) AND access.is_live(access_session);
    IF NOT FOUND THEN RETURN NULL; END IF;
    -- A transfer ends the session: it was opened for another unit.
    IF s.unit_id IS DISTINCT FROM (SELECT unit_id FROM public.access_agent WHERE id = s.agent_id) THEN RETURN NULL; END IF;
    -- Once a minute, and never behind another request of the same session. The screen of who keeps the watch and does nothing else is
    -- read, not touched: what it asks by itself is its use (P-131).
    IF s.seen_at < now() - interval '1 minute' AND (used OR access.only_watches(s.agent_id)) THEN
        UPDATE public.access_session u SET seen_at = now() FROM (SELECT token_hash FROM public.access_session
            WHERE token_hash = s.token_hash FOR NO KEY UPDATE SKIP LOCKED) free WHERE u.token_hash = free.token_hash;
    END IF;
    RETURN access.enter(s.agent_id, s.purpose, s.motive, s.case_ref, '') || jsonb_build_object(
        'client', encode(coalesce(s.client, ''), 'hex'), 'fresh', access.is_fresh(s.proven_at));
END $$;

CREATE OR REPLACE FUNCTION access.open(token text) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$ SELECT access.opened(token, true) $$;
-- What a page asks again by itself while nobody touches it: it keeps no session awake (R-52).
CREATE OR REPLACE FUNCTION access.poll(token text) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$ SELECT access.opened(token, false) $$;

CREATE OR REPLACE FUNCTION access.close(token text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ UPDATE public.access_session SET revoked_at = now()
    WHERE token_hash = sha256(convert_to(token, 'UTF8')) AND revoked_at IS NULL $$;

-- Declare why one consults, for one's own session only; the rule on its form stands in recoupe.access.rules.
CREATE OR REPLACE FUNCTION access.declare(token text, new_purpose text, new_motive text, new_case text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF length(new_case) = 0 AND length(btrim(new_motive)) < 10 THEN RETURN false; END IF;
    UPDATE public.access_session SET purpose = new_purpose, motive = new_motive, case_ref = new_case
     WHERE new_purpose = ANY (access.purposes_of(agent_id)) AND token_hash = sha256(convert_to(token, 'UTF8')) AND access.is_live(access_session);
    IF NOT FOUND THEN RETURN false; END IF;
    -- The rest of this transaction, its journal entry first, carries the new purpose; the keys come with the next one.
    UPDATE public.access_context SET purpose = new_purpose, motive = new_motive, case_ref = new_case
     WHERE pid = pg_backend_pid() AND xid = pg_current_xact_id_if_assigned();
    RETURN true;
END $$;

-- A background job acts for the agent who asked for it, within the mandate that he signed, and no longer.
CREATE OR REPLACE FUNCTION access.open_mandate(mandate uuid) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE m record;
BEGIN
    -- A transfer ends the mandate as it ends the session: it was signed in another unit.
    SELECT w.agent_id, w.purpose, w.motive, w.case_ref, w.task INTO m
      FROM public.access_mandate w JOIN public.access_agent a ON a.id = w.agent_id AND a.placed_at <= w.granted_at
     WHERE w.id = mandate AND w.expires_at > now() AND w.revoked_at IS NULL;
    IF NOT FOUND THEN RETURN NULL; END IF;
    RETURN access.enter(m.agent_id, m.purpose, m.motive, m.case_ref, 'worker:' || m.task);
END $$;

-- A process that acts for nobody (matcher, set-up, scheduled jobs) names itself; it receives no reader key.
-- In plpgsql, which keeps its plan: the matcher opens one for each record that somebody waits for.
CREATE OR REPLACE FUNCTION access.open_service(name text, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.access_context AS c (pid, xid, service, motive)
    VALUES (pg_backend_pid(), pg_current_xact_id(), name, reason)
    ON CONFLICT (pid) DO UPDATE SET xid = excluded.xid, agent = NULL, unit = NULL, roles = '{}', units = '{}',
       keys = '{}', purpose = '', motive = excluded.motive, case_ref = '', service = excluded.service,
       journaled = c.journaled AND c.xid = excluded.xid AND c.agent IS NOT DISTINCT FROM excluded.agent;
END $$;

-- A session, for whom the sign-in process has believed; its other functions stand with the keys, in policies.sql.
-- Who came by a provider has shown no key here (P-97).
DROP FUNCTION IF EXISTS access.credential_of(text);
DROP FUNCTION IF EXISTS access.failed_sign_in(text);
DROP FUNCTION IF EXISTS access.start_session(uuid, bytea, integer);
CREATE OR REPLACE FUNCTION access.start_session(who uuid, hash bytea, hours integer, in_how text DEFAULT 'passkey',
    in_client bytea DEFAULT NULL, in_key uuid DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.access_session (token_hash, agent_id, unit_id, opened_at, expires_at, purpose, motive, case_ref, how, client,
        seen_at, proven_at)
    SELECT hash, a.id, a.unit_id, now(), now() + make_interval(hours => least(hours, 12)), '', '', '', in_how, in_client, now(),
           CASE WHEN in_how <> 'oidc' THEN now() END
      FROM public.access_agent a WHERE a.id = who AND a.active;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM audit.write(who, (SELECT unit_id FROM public.access_agent WHERE id = who), '', '', '', 'signin', 'sign_in',
        array_remove(ARRAY['agent:' || who, 'passkey:' || in_key], NULL), '{}', jsonb_build_object('how', in_how), NULL, NULL);
    RETURN true;
END $$;

-- Lists: each key is read newest first and the few rows merged; a scan through the policy would cost seconds.
CREATE OR REPLACE FUNCTION access.feed(in_kind smallint, n integer, before_at timestamptz, before_id uuid)
RETURNS TABLE (id uuid, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT DISTINCT f.id, f.at FROM unnest(access.keys()) AS k
     CROSS JOIN LATERAL (SELECT r.id, r.at FROM public.access_feed r
        WHERE r.key = k AND r.kind = in_kind AND (r.at, r.id) < (before_at, before_id)
        ORDER BY r.at DESC, r.id DESC LIMIT least(n, 500)) f
    ORDER BY f.at DESC, f.id DESC LIMIT least(n, 500) $$;

-- Wait, in this transaction, for whoever of one's own is making the same thing. Its locks have a space of their own, which
-- depends on who asks: nobody waits for, or holds up, another agent.
CREATE OR REPLACE FUNCTION access.first_of(made uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT pg_advisory_xact_lock(1919250288, hashtext(coalesce(access.agent()::text, '') || made::text)) $$;
GRANT EXECUTE ON FUNCTION access.first_of(uuid) TO recoupe_app, recoupe_worker;

-- Where the work grows with rows that nobody here may read, the answer leaves at a fixed beat (R-25): asleep until two
-- milliseconds before it, as a sleep ends within a millisecond of its time, then awake to the microsecond.
DROP FUNCTION IF EXISTS access.leave_at_beat(timestamptz);
CREATE OR REPLACE FUNCTION access.leave_at_beat(started timestamptz, milliseconds integer DEFAULT 140) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    beat CONSTANT interval := interval '1 millisecond' * milliseconds;
    leave timestamptz := started + beat * ceil(extract(epoch FROM clock_timestamp() - started) / extract(epoch FROM beat));
BEGIN
    PERFORM pg_sleep(extract(epoch FROM leave - clock_timestamp()) - 0.002);
    WHILE clock_timestamp() < leave LOOP END LOOP;
END $$;

-- The list follows the readers of a room's rows in the statement that writes them: nobody lists, or takes off the list,
-- anything else, and no call asks about a row. Arguments: the kind of the list, the column by which it is ordered.
CREATE OR REPLACE FUNCTION access.list_rows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        EXECUTE 'DELETE FROM public.access_feed f USING former o WHERE f.id = o.id AND f.kind = $1' USING TG_ARGV[0]::smallint;
    ELSIF TG_OP = 'INSERT' THEN
        EXECUTE format('INSERT INTO public.access_feed (kind, key, at, id)
            SELECT DISTINCT $1, k, n.%I, n.id FROM fresh n, unnest(n.readers) AS k', TG_ARGV[1]) USING TG_ARGV[0]::smallint;
    ELSE
        EXECUTE format('WITH changed AS (
                SELECT n.id, n.readers, n.%1$I AS at FROM fresh n JOIN former o USING (id)
                 WHERE n.readers IS DISTINCT FROM o.readers OR n.%1$I <> o.%1$I
            ), gone AS (
                DELETE FROM public.access_feed f USING changed c
                 WHERE f.id = c.id AND f.kind = $1 AND NOT (f.key = ANY (c.readers) AND f.at = c.at))
            INSERT INTO public.access_feed (kind, key, at, id)
            SELECT $1, k, c.at, c.id FROM changed c, unnest(c.readers) AS k ON CONFLICT DO NOTHING', TG_ARGV[1])
            USING TG_ARGV[0]::smallint;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE PROCEDURE access.follow_in_list(target regclass, kind smallint, at name) LANGUAGE plpgsql AS $$
DECLARE
    verb text;
    tables CONSTANT jsonb := '{"INSERT": "NEW TABLE AS fresh", "UPDATE": "OLD TABLE AS former NEW TABLE AS fresh", "DELETE": "OLD TABLE AS former"}';
BEGIN
    FOR verb IN SELECT jsonb_object_keys(tables) LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS list_%s ON %s', lower(verb), target);
        EXECUTE format('CREATE TRIGGER list_%s AFTER %s ON %s REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION access.list_rows(%L, %L)',
            lower(verb), verb, target, tables ->> verb, kind, at);
    END LOOP;
END $$;

-- Replace the readers of one listed hit: for the matcher alone.
CREATE OR REPLACE FUNCTION access.republish(in_kind smallint, in_id uuid, in_at timestamptz, in_keys bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    DELETE FROM public.access_feed f WHERE f.id = in_id AND f.kind = in_kind;
    INSERT INTO public.access_feed (kind, key, at, id)
    SELECT in_kind, j, in_at, in_id FROM unnest(in_keys) AS k CROSS JOIN LATERAL access.joined(k) AS j
    ON CONFLICT DO NOTHING;
END $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Services joined to a cell: their key stands on every row that carries the cell's
-- ---------------------------------------------------------------------------------------------------------------
-- Whoever writes a reader key holds this lock until he commits, whoever joins a service waits for them: no row is written
-- by somebody who did not know the new key after the recomputation has passed by.
CREATE OR REPLACE FUNCTION access.hold_cells() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared(hashtext('recoupe cells')); END $$;

-- A key, and those of the services joined to the cell whose key it is.
CREATE OR REPLACE FUNCTION access.joined(of_key bigint) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM access.hold_cells();
    RETURN NEXT of_key;
    RETURN QUERY SELECT j.key FROM public.access_cellservice j WHERE j.cell_key = of_key AND j.ended_at IS NULL;
END $$;

-- On every table with readers, last of its triggers: the keys of joined services follow the cell's, whatever was written.
CREATE OR REPLACE FUNCTION access.join_readers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    right_ones bigint[];
    wrong_ones bigint[];
BEGIN
    PERFORM access.hold_cells();
    SELECT array_agg(j.key) FILTER (WHERE j.ended_at IS NULL AND j.cell_key = ANY (NEW.readers)),
           array_agg(j.key) FILTER (WHERE j.ended_at IS NOT NULL OR NOT j.cell_key = ANY (NEW.readers))
      INTO right_ones, wrong_ones FROM public.access_cellservice j
     WHERE j.cell_key = ANY (NEW.readers) OR j.key = ANY (NEW.readers);
    IF right_ones IS NOT NULL OR wrong_ones IS NOT NULL THEN
        NEW.readers := ARRAY(SELECT k FROM unnest(NEW.readers) AS k WHERE NOT k = ANY (coalesce(wrong_ones, '{}'))
                             UNION SELECT unnest(right_ones));
    END IF;
    RETURN NEW;
END $$;

-- The readers that the room itself wrote, to hold against its rule.
CREATE OR REPLACE FUNCTION access.without_joined(readers bigint[]) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT coalesce(array_agg(k), '{}') FROM unnest(readers) AS k
    WHERE NOT EXISTS (SELECT 1 FROM public.access_cellservice j WHERE j.key = k) $$;

CREATE OR REPLACE FUNCTION access.join_cell(in_id uuid, in_cell uuid, in_service uuid, in_from date, in_to date, in_reason text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT access.has_role('designating_authority') OR in_service = ANY (access.units()) OR in_reason = '' THEN
        RAISE EXCEPTION 'an authority joins a service to a cell, never its own' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM public.reference_unit u WHERE u.id = in_cell AND u.kind = 'cross')
       OR NOT EXISTS (SELECT 1 FROM public.reference_unit u WHERE u.id = in_service AND NOT u.silent
                         AND u.kind IN ('police_unit', 'gendarmerie_unit', 'customs_unit')) THEN
        RAISE EXCEPTION 'not a cell, or not a service that may join one' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('recoupe cells'));
    IF EXISTS (SELECT 1 FROM public.access_cellservice j
                WHERE j.cell_id = in_cell AND j.service_id = in_service AND j.ended_at IS NULL) THEN
        RAISE EXCEPTION 'this service is of this cell already' USING ERRCODE = 'unique_violation';
    END IF;
    INSERT INTO public.access_cellservice (id, cell_id, service_id, key, cell_key, valid_from, valid_to, decided_by,
        decided_at, reason, end_reason, at_table, rows_seen, rows_in_all)
    VALUES (in_id, in_cell, in_service, access.key(in_id, 'cell'), access.key(in_cell, 'cell'), in_from, in_to,
        access.agent(), clock_timestamp(), in_reason, '', '', 0, 0);
END $$;

-- From the next request on nobody holds the key; the rows are cleared of it afterwards.
CREATE OR REPLACE FUNCTION access.leave_cell(in_id uuid, in_reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT access.has_role('designating_authority') OR in_reason = '' THEN
        RAISE EXCEPTION 'an authority takes a service out of a cell' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.access_cellservice j SET ended_at = clock_timestamp(), ended_by = access.agent(), end_reason = in_reason,
           at_table = '', at_row = NULL, rows_seen = 0, rows_in_all = 0
     WHERE j.id = in_id AND j.ended_at IS NULL;
    RETURN FOUND;
END $$;

-- What the worker has still to do; a service whose last day is over ends here.
CREATE OR REPLACE FUNCTION access.spreads_to_do(in_day date) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.access_cellservice j WHERE j.ended_at IS NULL AND j.valid_to < in_day) THEN
        PERFORM audit.record('configure', ARRAY(SELECT 'cell_service:' || j.id FROM public.access_cellservice j
            WHERE j.ended_at IS NULL AND j.valid_to < in_day), '{}', '{"what": "cell_service_over"}', NULL, NULL);
        UPDATE public.access_cellservice j SET ended_at = clock_timestamp(), end_reason = 'terme', at_table = '',
               at_row = NULL, rows_seen = 0, rows_in_all = 0
         WHERE j.ended_at IS NULL AND j.valid_to < in_day;
    END IF;
    RETURN QUERY SELECT j.id FROM public.access_cellservice j
      WHERE (j.ended_at IS NULL AND j.spread_at IS NULL) OR (j.ended_at IS NOT NULL AND j.cleared_at IS NULL)
      ORDER BY j.ended_at NULLS LAST, j.decided_at;
END $$;

-- The next block of rows of one recomputation, rows and lists together; true when nothing is left. A kill loses the block
-- alone: where it stands is written with it.
CREATE OR REPLACE FUNCTION access.spread(in_id uuid, n integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    j public.access_cellservice;
    t name;
    ids uuid[];
BEGIN
    SELECT * INTO j FROM public.access_cellservice c WHERE c.id = in_id FOR UPDATE;
    IF NOT FOUND OR j.cleared_at IS NOT NULL OR (j.ended_at IS NULL AND j.spread_at IS NOT NULL) THEN RETURN true; END IF;
    PERFORM audit.record('configure', ARRAY['cell_service:' || in_id], '{}',
        jsonb_build_object('what', 'cell_service_rows', 'rows', j.rows_seen), NULL, NULL);
    IF j.at_table = '' THEN
        FOR t IN SELECT access.tables_with_readers('') LOOP
            EXECUTE format('SELECT $1 + count(*) FROM public.%I', t) INTO j.rows_in_all USING j.rows_in_all;
        END LOOP;
    END IF;
    t := CASE WHEN j.at_row IS NULL THEN (SELECT min(x) FROM access.tables_with_readers(j.at_table) AS x) ELSE j.at_table END;
    IF t IS NOT NULL THEN
        EXECUTE format('SELECT array_agg(b.id) FROM (SELECT id FROM public.%I WHERE $1 IS NULL OR id > $1 ORDER BY id LIMIT $2) b', t)
            INTO ids USING j.at_row, least(n, 10000);
        IF ids IS NOT NULL AND j.ended_at IS NULL THEN
            EXECUTE format('UPDATE public.%I SET readers = readers || $2
                WHERE id = ANY ($1) AND readers @> ARRAY[$3] AND NOT readers @> ARRAY[$2]', t) USING ids, j.key, j.cell_key;
            EXECUTE format('INSERT INTO public.access_feed (kind, key, at, id) SELECT f.kind, $2, f.at, f.id
                FROM public.access_feed f JOIN public.%I r ON r.id = f.id AND r.readers @> ARRAY[$2]
                WHERE f.id = ANY ($1) AND f.key = $3 ON CONFLICT DO NOTHING', t) USING ids, j.key, j.cell_key;
        ELSIF ids IS NOT NULL THEN
            EXECUTE format('UPDATE public.%I SET readers = array_remove(readers, $2)
                WHERE id = ANY ($1) AND readers @> ARRAY[$2]', t) USING ids, j.key;
            DELETE FROM public.access_feed f WHERE f.id = ANY (ids) AND f.key = j.key;
        END IF;
    END IF;
    UPDATE public.access_cellservice c SET at_table = coalesce(t, j.at_table), at_row = ids[cardinality(ids)],
           rows_seen = j.rows_seen + coalesce(cardinality(ids), 0), rows_in_all = j.rows_in_all,
           spread_at = CASE WHEN t IS NULL AND j.ended_at IS NULL THEN clock_timestamp() ELSE c.spread_at END,
           cleared_at = CASE WHEN t IS NULL AND j.ended_at IS NOT NULL THEN clock_timestamp() END
     WHERE c.id = in_id;
    RETURN t IS NULL;
END $$;

-- The tables whose rows carry reader keys, found in the catalogue: a room that comes later is not forgotten.
CREATE OR REPLACE FUNCTION access.tables_with_readers(after name) RETURNS SETOF name
LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'readers' AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname > after ORDER BY c.relname $$;

-- ---------------------------------------------------------------------------------------------------------------
-- How a room protects its tables
-- ---------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE PROCEDURE access.shield(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, recoupe_app, recoupe_worker, recoupe_matcher, recoupe_signin, recoupe_portal,
        recoupe_notary, recoupe_inspection', target);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO recoupe_definer', target);
    EXECUTE format('DROP POLICY IF EXISTS definer_all ON %s', target);
    EXECUTE format('CREATE POLICY definer_all ON %s TO recoupe_definer USING (true) WITH CHECK (true)', target);
END $$;

-- Column by column: who may read the whole table also reads where each row lies (ctid), which counts the rows of others.
CREATE OR REPLACE PROCEDURE access.grant_reading(target regclass, but text, readers text) LANGUAGE plpgsql AS $$
DECLARE columns text;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
     WHERE attrelid = target AND attnum > 0 AND NOT attisdropped AND attname <> but;
    EXECUTE format('GRANT SELECT (%s) ON %s TO %s', columns, target, readers);
END $$;

CREATE OR REPLACE PROCEDURE access.grant_columns(target regclass, but text) LANGUAGE plpgsql AS $$
BEGIN
    CALL access.grant_reading(target, but, 'recoupe_app, recoupe_worker');
    EXECUTE format('GRANT INSERT, UPDATE ON %s TO recoupe_app, recoupe_worker', target);
END $$;

CREATE OR REPLACE PROCEDURE access.demand_journal(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER IF EXISTS journal_first ON %s', target);
    EXECUTE format('CREATE TRIGGER journal_first BEFORE INSERT OR UPDATE OR DELETE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION audit.demand_entry()', target);
END $$;

-- A table of case data: a row is read, and changed, by whoever holds one of its reader keys.
CREATE OR REPLACE FUNCTION access.protect(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CALL access.shield(target);
    CALL access.grant_columns(target, 'readers');
    EXECUTE format('DROP POLICY IF EXISTS readers_select ON %s', target);
    EXECUTE format('CREATE POLICY readers_select ON %s FOR SELECT TO recoupe_app, recoupe_worker
                    USING (readers && (SELECT access.keys()))', target);
    EXECUTE format('DROP POLICY IF EXISTS readers_insert ON %s', target);
    EXECUTE format('CREATE POLICY readers_insert ON %s FOR INSERT TO recoupe_app, recoupe_worker
                    WITH CHECK (readers && (SELECT access.keys()))', target);
    EXECUTE format('DROP POLICY IF EXISTS readers_update ON %s', target);
    EXECUTE format('CREATE POLICY readers_update ON %s FOR UPDATE TO recoupe_app, recoupe_worker
                    USING (readers && (SELECT access.keys())) WITH CHECK (true)', target);
    EXECUTE format('DROP TRIGGER IF EXISTS zz_join_readers ON %s', target);
    EXECUTE format('CREATE TRIGGER zz_join_readers BEFORE INSERT OR UPDATE OF readers ON %s
                    FOR EACH ROW EXECUTE FUNCTION access.join_readers()', target);
    CALL access.demand_journal(target);
END $$;

-- A child of a protected row: visible, and writable, with its parent.
CREATE OR REPLACE FUNCTION access.protect_child(target regclass, link text, parent regclass) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE visible text := format('EXISTS (SELECT 1 FROM %s parent WHERE parent.id = %I)', parent, link);
BEGIN
    CALL access.shield(target);
    CALL access.grant_columns(target, '');
    EXECUTE format('DROP POLICY IF EXISTS parent_select ON %s', target);
    EXECUTE format('CREATE POLICY parent_select ON %s FOR SELECT TO recoupe_app, recoupe_worker USING (%s)', target, visible);
    EXECUTE format('DROP POLICY IF EXISTS parent_insert ON %s', target);
    EXECUTE format('CREATE POLICY parent_insert ON %s FOR INSERT TO recoupe_app, recoupe_worker WITH CHECK (%s)', target, visible);
    EXECUTE format('DROP POLICY IF EXISTS parent_update ON %s', target);
    EXECUTE format('CREATE POLICY parent_update ON %s FOR UPDATE TO recoupe_app, recoupe_worker USING (%s) WITH CHECK (%s)', target, visible, visible);
    CALL access.demand_journal(target);
END $$;

-- A public reference table: everybody reads, only the set-up writes.
CREATE OR REPLACE FUNCTION access.lookup(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CALL access.shield(target);
    EXECUTE format('GRANT SELECT ON %s TO recoupe_app, recoupe_worker, recoupe_matcher, recoupe_signin, recoupe_portal', target);
    EXECUTE format('DROP POLICY IF EXISTS everybody_reads ON %s', target);
    EXECUTE format('CREATE POLICY everybody_reads ON %s FOR SELECT USING (true)', target);
    EXECUTE format('DROP POLICY IF EXISTS setup_writes ON %s', target);
    EXECUTE format('CREATE POLICY setup_writes ON %s TO recoupe_owner USING (true) WITH CHECK (true)', target);
END $$;

-- Tables of agents: the set-up may fill them, and even it leaves a line in the journal.
CREATE OR REPLACE FUNCTION access.journal_setup(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP POLICY IF EXISTS setup_writes ON %s', target);
    EXECUTE format('CREATE POLICY setup_writes ON %s TO recoupe_owner USING (true) WITH CHECK (true)', target);
    CALL access.demand_journal(target);
END $$;

GRANT EXECUTE ON FUNCTION access.key(uuid, text), access.seat(uuid, uuid), access.own_key(uuid, uuid), access.keys(), access.agent(), access.units(), access.has_role(text)
    TO recoupe_app, recoupe_worker, recoupe_matcher, recoupe_owner, recoupe_definer, recoupe_signin, recoupe_portal;
GRANT EXECUTE ON FUNCTION access.open(text), access.poll(text), access.close(text), access.declare(text, text, text, text) TO recoupe_app;
GRANT EXECUTE ON FUNCTION access.open_mandate(uuid) TO recoupe_worker;
GRANT EXECUTE ON FUNCTION access.open_service(text, text) TO recoupe_worker, recoupe_matcher, recoupe_owner, recoupe_inspection;
GRANT EXECUTE ON FUNCTION access.start_session(uuid, bytea, integer, text, bytea, uuid) TO recoupe_signin;
GRANT EXECUTE ON FUNCTION access.feed(smallint, integer, timestamptz, uuid) TO recoupe_app, recoupe_worker;
GRANT EXECUTE ON FUNCTION access.leave_at_beat(timestamptz, integer) TO recoupe_app, recoupe_worker, recoupe_definer;
REVOKE EXECUTE ON FUNCTION access.republish(smallint, uuid, timestamptz, bigint[]) FROM recoupe_app, recoupe_worker;
GRANT EXECUTE ON FUNCTION access.republish(smallint, uuid, timestamptz, bigint[]) TO recoupe_matcher;
GRANT EXECUTE ON FUNCTION access.only_watches(uuid), access.is_live(public.access_session), access.is_fresh(timestamptz), access.enter(uuid, text, text, text, text), access.purposes_for(text), access.purposes_of(uuid, text[]), access.hold_cells(), access.tables_with_readers(name)
    TO recoupe_definer;
GRANT EXECUTE ON FUNCTION access.join_cell(uuid, uuid, uuid, date, date, text), access.leave_cell(uuid, text) TO recoupe_app;
GRANT EXECUTE ON FUNCTION access.spreads_to_do(date), access.spread(uuid, integer) TO recoupe_worker;
GRANT EXECUTE ON FUNCTION access.joined(bigint) TO recoupe_matcher, recoupe_definer;
REVOKE EXECUTE ON FUNCTION access.without_joined(bigint[]) FROM recoupe_app, recoupe_worker;
GRANT EXECUTE ON FUNCTION access.without_joined(bigint[]) TO recoupe_definer;
