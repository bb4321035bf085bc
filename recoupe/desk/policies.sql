-- The desk. Its tables are closed to every process: each function says for itself who may read or write.
CALL access.shield('desk_servicekey');
CALL access.shield('desk_keyuse');
CALL access.shield('desk_recovery');
CALL access.shield('desk_review');
CALL access.shield('desk_identity');
CALL access.demand_journal('desk_servicekey');
CALL access.demand_journal('desk_recovery');
CALL access.demand_journal('desk_review');
CALL access.demand_journal('desk_identity');

-- An authority with a declared purpose, without which nobody holds a key.
CREATE OR REPLACE FUNCTION desk.authority() RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT access.has_role('designating_authority') AND access.keys() <> '{}'::bigint[] $$;
CREATE OR REPLACE FUNCTION desk.heads(in_unit uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT in_unit = ANY (access.units()) AND access.keys() <> '{}'::bigint[] AND (access.has_role('unit_head')
      OR (access.has_role('cross_head') AND EXISTS (SELECT 1 FROM public.reference_unit u WHERE u.id = in_unit AND u.kind = 'cross'))) $$;
CREATE OR REPLACE FUNCTION desk.refuse(why text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN RAISE EXCEPTION '%', why USING ERRCODE = 'insufficient_privilege'; END $$;

-- Who gave somebody a way in before his first key.
CREATE OR REPLACE FUNCTION desk.let_in(in_maker uuid, in_agent uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM (SELECT c.issued_by AS maker, c.issued_at AS at FROM public.access_enrolmentcode c WHERE c.agent_id = in_agent
                  UNION ALL SELECT i.bound_by_id, i.bound_at FROM public.desk_identity i WHERE i.agent_id = in_agent) given
    WHERE given.maker = in_maker
      AND given.at <= coalesce((SELECT min(p.added_at) FROM public.access_passkey p WHERE p.agent_id = in_agent), 'infinity')) $$;
-- Whoever let somebody in alone is no second person to him, nor he to him: one could otherwise make the other and be both.
CREATE OR REPLACE FUNCTION desk.seconded(in_agent uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM public.desk_recovery r WHERE r.agent_id = in_agent AND r.state IN ('AGREED', 'DONE')
      AND r.answered_at <= coalesce((SELECT min(p.added_at) FROM public.access_passkey p WHERE p.agent_id = in_agent), 'infinity')) $$;
CREATE OR REPLACE FUNCTION desk.apart(one uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT one <> other AND (desk.seconded(other) OR NOT desk.let_in(one, other)) AND (desk.seconded(one) OR NOT desk.let_in(other, one)) $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Keys of services' own tools
-- ---------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION desk.ask_key(in_id uuid, in_name text, in_purpose text, in_reason text, in_from date, in_to date)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE in_unit uuid := (SELECT u FROM unnest(access.units()) AS u LIMIT 1);
BEGIN
    IF NOT desk.heads(in_unit) OR in_purpose <> ALL (access.purposes_of(access.agent(), ARRAY['unit_head', 'cross_head'])) OR in_name = '' OR length(in_reason) < 10 OR in_to > in_from + 366 THEN
        PERFORM desk.refuse('the head of a unit asks for a key of its own, for one of its purposes, for a year');
    END IF;
    INSERT INTO public.desk_servicekey (id, unit_id, name, purpose, reason, valid_from, valid_to, state, asked_by_id, asked_at, revoke_reason)
    VALUES (in_id, in_unit, in_name, in_purpose, in_reason, in_from, in_to, 'ASKED', access.agent(), clock_timestamp(), '');
END $$;

CREATE OR REPLACE FUNCTION desk.answer_key(in_id uuid, agreed boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT desk.authority() THEN PERFORM desk.refuse('an authority answers'); END IF;
    UPDATE public.desk_servicekey k SET state = CASE WHEN agreed THEN 'AGREED' ELSE 'REFUSED' END,
           answered_by_id = access.agent(), answered_at = clock_timestamp()
     WHERE k.id = in_id AND k.state = 'ASKED' AND desk.apart(access.agent(), k.asked_by_id);
    RETURN FOUND;
END $$;

-- The key leaves once, to who asked, and an account without any right is made in whose name the tool acts.
CREATE OR REPLACE FUNCTION desk.fetch_key(in_id uuid, in_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    k public.desk_servicekey;
    made uuid := gen_random_uuid();
BEGIN
    SELECT * INTO k FROM public.desk_servicekey s WHERE s.id = in_id AND s.state = 'AGREED' AND s.asked_by_id = access.agent() FOR UPDATE;
    IF NOT FOUND OR NOT desk.heads(k.unit_id) OR length(in_hash) <> 32 THEN RETURN false; END IF;
    INSERT INTO public.access_agent (id, login, display_name, unit_id, active, created_at, placed_at)
    VALUES (made, 'outil.' || replace(made::text, '-', ''), k.name, k.unit_id, true, clock_timestamp(), clock_timestamp());
    UPDATE public.desk_servicekey s SET state = 'OPEN', key_hash = in_hash, technical_agent_id = made, opened_at = clock_timestamp()
     WHERE s.id = in_id;
    RETURN true;
END $$;

CREATE OR REPLACE FUNCTION desk.revoke_key(in_id uuid, in_reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE who uuid := (SELECT s.unit_id FROM public.desk_servicekey s WHERE s.id = in_id);
BEGIN
    IF who IS NULL OR NOT (desk.authority() OR desk.heads(who)) THEN PERFORM desk.refuse('its unit''s head or an authority takes it away'); END IF;
    UPDATE public.desk_servicekey s SET state = 'REVOKED', revoked_by_id = access.agent(), revoked_at = clock_timestamp(),
           revoke_reason = in_reason
     WHERE s.id = in_id AND s.state IN ('ASKED', 'AGREED', 'OPEN');
    RETURN FOUND;
END $$;

-- A key ends with the departure or the transfer of who asked for it; one that is back asks again.
CREATE OR REPLACE FUNCTION desk.stays(k public.desk_servicekey, asker public.access_agent) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS
$$ SELECT k.state = 'REFUSED' OR (asker.active AND asker.unit_id = k.unit_id AND asker.placed_at <= k.asked_at) $$;

-- What heads see of their unit's keys, authorities and the officer for data protection of all; never the hash.
DROP FUNCTION IF EXISTS desk.keys();
CREATE OR REPLACE FUNCTION desk.keys() RETURNS TABLE (id uuid, unit_id uuid, unit_name text, name text, purpose text, reason text,
    valid_from date, valid_to date, state text, asked_by uuid, asked_name text, asked_at timestamptz, answered_name text,
    opened_at timestamptz, revoked_at timestamptz, revoke_reason text, last_used_at timestamptz, uses_today bigint, uses_week bigint, apart boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT k.id, k.unit_id, u.name::text, k.name::text, k.purpose::text, k.reason::text, k.valid_from, k.valid_to,
          CASE WHEN desk.stays(k, a) THEN k.state::text ELSE 'REVOKED' END,
          k.asked_by_id, a.display_name::text, k.asked_at, b.display_name::text, k.opened_at, k.revoked_at, k.revoke_reason::text, k.last_used_at,
          coalesce((SELECT sum(n.uses) FROM public.desk_keyuse n WHERE n.key_id = k.id AND n.day = (now() AT TIME ZONE 'Europe/Paris')::date), 0)::bigint,
          coalesce((SELECT sum(n.uses) FROM public.desk_keyuse n WHERE n.key_id = k.id AND n.day > (now() AT TIME ZONE 'Europe/Paris')::date - 7), 0)::bigint,
          desk.apart(access.agent(), k.asked_by_id)
     FROM public.desk_servicekey k JOIN public.reference_unit u ON u.id = k.unit_id JOIN public.access_agent a ON a.id = k.asked_by_id
     LEFT JOIN public.access_agent b ON b.id = k.answered_by_id
    WHERE desk.authority() OR desk.heads(k.unit_id) OR (access.has_role('dpo') AND access.keys() <> '{}'::bigint[])
    ORDER BY k.asked_at DESC, k.id $$;

-- The context of a tool: its unit, its purpose, an account without right; no role and no reader key, so it reads no case data.
-- Only who holds the key itself opens it; a key that is over or was taken away is an entry of the journal, one that nobody knows
-- is counted with what strangers try. Beyond its pace nothing is opened until the next minute: the first such use is an entry,
-- the others are counted.
CREATE OR REPLACE FUNCTION desk.open_tool(token text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    today date := (now() AT TIME ZONE 'Europe/Paris')::date;
    this_minute timestamptz := date_trunc('minute', clock_timestamp());
    pace integer := access.parameter('tool.requests_minute');
    asked integer;
    k record;
BEGIN
    SELECT s.id, s.name, s.unit_id, u.code, u.name AS unit_name, u.departments, s.asked_by_id AS asked_by, s.purpose, s.valid_from, s.valid_to, t.id AS agent,
           t.active AND s.state = 'OPEN' AND desk.stays(s, a) AS stays
      INTO k FROM public.desk_servicekey s JOIN public.reference_unit u ON u.id = s.unit_id
      JOIN public.access_agent t ON t.id = s.technical_agent_id JOIN public.access_agent a ON a.id = s.asked_by_id
     WHERE s.key_hash = sha256(convert_to(token, 'UTF8'));
    IF NOT FOUND THEN
        PERFORM access.refused_sign_in(NULL, 'tool_key', 'unknown');
        RETURN NULL;
    END IF;
    IF NOT k.stays OR today NOT BETWEEN k.valid_from AND k.valid_to THEN
        PERFORM audit.write(k.agent, k.unit_id, k.purpose, '', '', 'tool', 'refused', ARRAY['service_key:' || k.id], '{}',
            '{"what": "service_key"}', NULL, NULL);
        RETURN NULL;
    END IF;
    INSERT INTO public.desk_keyuse AS n (key_id, day, uses, minute, in_minute) VALUES (k.id, today, 1, this_minute, 1)
    ON CONFLICT (key_id, day) DO UPDATE SET uses = n.uses + 1, minute = this_minute,
        in_minute = CASE WHEN n.minute = this_minute THEN n.in_minute + 1 ELSE 1 END RETURNING n.in_minute INTO asked;
    IF asked > pace THEN
        IF asked = pace + 1 THEN
            PERFORM audit.write(k.agent, k.unit_id, k.purpose, '', '', 'tool', 'refused', ARRAY['service_key:' || k.id], '{}',
                '{"what": "service_key_pace"}', NULL, NULL);
        END IF;
        RETURN jsonb_build_object('wait', ceil(extract(epoch FROM this_minute + interval '1 minute' - clock_timestamp())));
    END IF;
    INSERT INTO public.access_context AS c (pid, xid, agent, unit, roles, units, keys, purpose, motive, case_ref, service)
    VALUES (pg_backend_pid(), pg_current_xact_id(), k.agent, k.unit_id, '{}', '{}', '{}', k.purpose, k.name, '', 'tool')
    ON CONFLICT (pid) DO UPDATE SET
        journaled = c.journaled AND c.xid = excluded.xid AND c.agent IS NOT DISTINCT FROM excluded.agent,
        xid = excluded.xid, agent = excluded.agent,
        unit = excluded.unit, roles = '{}', units = '{}', keys = '{}', purpose = excluded.purpose, motive = excluded.motive,
        case_ref = '', service = excluded.service;
    PERFORM audit.record('consult', ARRAY['service_key:' || k.id], '{}', '{"what": "service_key"}', NULL, NULL);
    UPDATE public.desk_servicekey s SET last_used_at = clock_timestamp() WHERE s.id = k.id;
    RETURN jsonb_build_object('key', k.id, 'tool', k.name, 'agent', k.agent, 'unit', k.code, 'unit_name', k.unit_name,
        'unit_id', k.unit_id, 'departments', to_jsonb(k.departments), 'answers', k.asked_by, 'purpose', k.purpose, 'until', k.valid_to);
END $$;

-- Whose key opened the present context, for the functions that a tool calls: nothing in any other context. The account stands
-- in the context alone when desk.open_tool wrote it, and it signs in nowhere; `answers` is the head who asked for the key.
CREATE OR REPLACE FUNCTION desk.acting_tool() RETURNS TABLE (key uuid, unit uuid, name text, purpose text, answers uuid, account uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT k.id, k.unit_id, k.name::text, k.purpose::text, k.asked_by_id, k.technical_agent_id
     FROM public.desk_servicekey k WHERE k.technical_agent_id = access.agent() AND k.state = 'OPEN' $$;

-- The account of a tool is designated for nothing, by nobody: it acts through its key alone.
CREATE OR REPLACE FUNCTION desk.no_right_for_tools() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.desk_servicekey k WHERE k.technical_agent_id = NEW.agent_id) THEN
        PERFORM desk.refuse('the account of a tool holds no right');
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS no_right_for_tools ON access_habilitation;
CREATE TRIGGER no_right_for_tools BEFORE INSERT OR UPDATE OF agent_id ON access_habilitation
    FOR EACH ROW EXECUTE FUNCTION desk.no_right_for_tools();

-- ---------------------------------------------------------------------------------------------------------------
-- Lost keys
-- ---------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION desk.ask_recovery(in_id uuid, in_agent uuid, in_reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT desk.authority() OR in_agent = access.agent() OR length(in_reason) < 10 THEN
        PERFORM desk.refuse('an authority declares a loss, never its own');
    END IF;
    IF EXISTS (SELECT 1 FROM public.desk_recovery r WHERE r.agent_id = in_agent AND r.state = 'ASKED') THEN RETURN false; END IF;
    INSERT INTO public.desk_recovery (id, agent_id, reason, state, asked_by_id, asked_at)
    VALUES (in_id, in_agent, in_reason, 'ASKED', access.agent(), clock_timestamp());
    RETURN true;
END $$;

CREATE OR REPLACE FUNCTION desk.answer_recovery(in_id uuid, agreed boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE r record;
BEGIN
    SELECT q.agent_id, q.asked_by_id, a.unit_id INTO r FROM public.desk_recovery q JOIN public.access_agent a ON a.id = q.agent_id
     WHERE q.id = in_id AND q.state = 'ASKED' FOR UPDATE OF q;
    IF NOT FOUND THEN RETURN false; END IF;
    IF NOT (desk.authority() OR desk.heads(r.unit_id)) OR access.agent() = r.agent_id
       OR NOT desk.apart(access.agent(), r.asked_by_id) THEN
        PERFORM desk.refuse('a second person answers');
    END IF;
    UPDATE public.desk_recovery q SET state = CASE WHEN agreed THEN 'AGREED' ELSE 'REFUSED' END, answered_by_id = access.agent(),
           answered_at = clock_timestamp() WHERE q.id = in_id;
    RETURN true;
END $$;

DROP FUNCTION IF EXISTS desk.recoveries();
CREATE OR REPLACE FUNCTION desk.recoveries() RETURNS TABLE (id uuid, agent_id uuid, login text, name text, unit_id uuid, unit_name text,
    reason text, state text, asked_by uuid, asked_name text, asked_at timestamptz, answered_name text, answered_at timestamptz,
    apart boolean, first boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.id, r.agent_id, a.login::text, a.display_name::text, a.unit_id, u.name::text, r.reason::text, r.state::text, r.asked_by_id,
          b.display_name::text, r.asked_at, c.display_name::text, r.answered_at, desk.apart(access.agent(), r.asked_by_id),
          NOT EXISTS (SELECT 1 FROM public.access_passkey p WHERE p.agent_id = r.agent_id AND p.added_at < r.asked_at)
          AND NOT EXISTS (SELECT 1 FROM public.desk_identity i WHERE i.agent_id = r.agent_id AND i.bound_at < r.asked_at)
     FROM public.desk_recovery r JOIN public.access_agent a ON a.id = r.agent_id JOIN public.reference_unit u ON u.id = a.unit_id
     JOIN public.access_agent b ON b.id = r.asked_by_id LEFT JOIN public.access_agent c ON c.id = r.answered_by_id
    WHERE desk.authority() OR desk.heads(a.unit_id) OR (access.has_role('dpo') AND access.keys() <> '{}'::bigint[])
    ORDER BY r.asked_at DESC, r.id $$;

-- Whether a way in (a code, an identity) may be given now: the first one too waits for the second person, who confirmed today that
-- it is he. One who registers, designates and hands out alone would otherwise enter as somebody who does not exist.
CREATE OR REPLACE FUNCTION desk.may_hand(in_agent uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT desk.authority() AND EXISTS (SELECT 1 FROM public.desk_recovery r WHERE r.agent_id = in_agent AND r.state = 'AGREED'
                     AND r.answered_at > now() - interval '24 hours' AND r.answered_at <= now() + interval '2 minutes') $$;
-- Where an account stands at the desk: it never had a way in (first), a second person is asked (asked), one may be given (agreed),
-- or it had one (had).
CREATE OR REPLACE FUNCTION desk.standing(in_agent uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT CASE WHEN NOT desk.authority() THEN '' WHEN desk.may_hand(in_agent) THEN 'agreed'
          WHEN EXISTS (SELECT 1 FROM public.desk_recovery r WHERE r.agent_id = in_agent AND r.state = 'ASKED') THEN 'asked'
          WHEN EXISTS (SELECT 1 FROM public.access_passkey p WHERE p.agent_id = in_agent)
            OR EXISTS (SELECT 1 FROM public.desk_identity i WHERE i.agent_id = in_agent) THEN 'had' ELSE 'first' END $$;

-- ---------------------------------------------------------------------------------------------------------------
-- The first authorities of a house, and those of a house that has lost them
-- ---------------------------------------------------------------------------------------------------------------
-- Who connects, not what a context says: an administrator of the database, or the set-up's own role.
CREATE OR REPLACE FUNCTION desk.administers() RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = session_user AND (r.rolsuper OR r.rolcreaterole)) $$;
CREATE OR REPLACE FUNCTION desk.sets_up() RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT session_user = 'recoupe_owner' OR desk.administers() $$;

CREATE OR REPLACE FUNCTION desk.live(in_roles text[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT DISTINCT a.id FROM public.access_habilitation h JOIN public.access_agent a ON a.id = h.agent_id AND a.active AND a.unit_id = h.unit_id
    WHERE h.role = ANY (in_roles) AND h.revoked_at IS NULL
      AND (now() AT TIME ZONE 'Europe/Paris')::date BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity') $$;
CREATE OR REPLACE FUNCTION desk.enters(in_agent uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM public.access_passkey p WHERE p.agent_id = in_agent AND p.revoked_at IS NULL)
       OR EXISTS (SELECT 1 FROM public.desk_identity i WHERE i.agent_id = in_agent AND i.ended_at IS NULL)
       OR EXISTS (SELECT 1 FROM public.access_enrolmentcode c WHERE c.agent_id = in_agent AND access.code_lives(c)) $$;
-- Whether an authority and a second person can enter: they let in whoever is missing, and nothing is unsealed.
CREATE OR REPLACE FUNCTION desk.lets_in() RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM desk.live(ARRAY['designating_authority']) one, desk.live(ARRAY['designating_authority', 'unit_head', 'cross_head']) two
    WHERE one <> two AND desk.enters(one) AND desk.enters(two)) $$;

-- Two authorities at once, so that the first of them is never alone; '' when done, else why not. What they had before ends.
CREATE OR REPLACE FUNCTION desk.found(in_people jsonb, recovers boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    p record;
    who uuid;
    place uuid;
    fresh boolean;
BEGIN
    IF access.agent() IS NOT NULL OR NOT desk.sets_up() THEN PERFORM desk.refuse('the set-up founds a house'); END IF;
    PERFORM pg_advisory_xact_lock(hashtext('recoupe founding'));
    IF (SELECT count(DISTINCT x ->> 'login') FROM jsonb_array_elements(in_people) x) < 2 THEN RETURN 'alone'; END IF;
    IF recovers AND NOT desk.administers() THEN RETURN 'no_administrator'; END IF;
    IF recovers AND desk.lets_in() THEN RETURN 'lets_in'; END IF;
    IF NOT recovers AND EXISTS (SELECT 1 FROM desk.live(ARRAY['designating_authority'])) THEN RETURN 'founded'; END IF;
    FOR p IN SELECT * FROM jsonb_to_recordset(in_people) AS x(login text, name text, unit uuid, hash text) LOOP
        SELECT a.id, a.unit_id INTO who, place FROM public.access_agent a WHERE a.login = p.login FOR UPDATE;
        fresh := who IS NULL;
        who := coalesce(who, gen_random_uuid());
        PERFORM audit.record('configure', ARRAY['agent:' || who], '{}',
            jsonb_build_object('what', CASE WHEN recovers THEN 'authority_recovered' ELSE 'authority_founded' END, 'name', p.login), NULL, NULL);
        IF fresh THEN
            INSERT INTO public.access_agent (id, login, display_name, unit_id, active, created_at, placed_at)
            VALUES (who, p.login, p.name, p.unit, true, clock_timestamp(), clock_timestamp());
            place := p.unit;
        END IF;
        UPDATE public.access_agent a SET active = true WHERE a.id = who AND NOT a.active;
        UPDATE public.access_passkey k SET revoked_at = now() WHERE k.agent_id = who AND k.revoked_at IS NULL;
        UPDATE public.desk_identity i SET ended_at = now() WHERE i.agent_id = who AND i.ended_at IS NULL;
        UPDATE public.access_session s SET revoked_at = now() WHERE s.agent_id = who AND s.revoked_at IS NULL;
        UPDATE public.access_enrolmentcode c SET used_at = now() WHERE c.agent_id = who AND c.used_at IS NULL;
        INSERT INTO public.access_habilitation (id, agent_id, role, unit_id, designated_by, valid_from)
        SELECT gen_random_uuid(), who, 'designating_authority', place, session_user, (now() AT TIME ZONE 'Europe/Paris')::date
         WHERE who NOT IN (SELECT desk.live(ARRAY['designating_authority']));
        -- Nobody hands it out: neither of the two lets the other in, so that each is a second person to the other.
        INSERT INTO public.access_enrolmentcode (code_hash, agent_id, issued_by, issued_at, expires_at)
        VALUES (decode(p.hash, 'hex'), who, who, now(), now() + interval '24 hours');
    END LOOP;
    RETURN '';
END $$;
GRANT EXECUTE ON FUNCTION desk.found(jsonb, boolean) TO recoupe_owner;
GRANT EXECUTE ON FUNCTION desk.administers(), desk.sets_up(), desk.live(text[]), desk.enters(uuid), desk.lets_in() TO recoupe_definer;

-- One confirmation, one way in; whoever comes at the same moment waits, then finds it given.
CREATE OR REPLACE FUNCTION desk.let(in_agent uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM 1 FROM public.access_agent a WHERE a.id = in_agent AND a.active FOR NO KEY UPDATE;
    IF NOT FOUND OR NOT desk.may_hand(in_agent) THEN PERFORM desk.refuse('a way in is given by two persons'); END IF;
    IF EXISTS (SELECT 1 FROM public.desk_servicekey k WHERE k.technical_agent_id = in_agent) THEN
        PERFORM desk.refuse('the account of a tool signs in nowhere');
    END IF;
    UPDATE public.desk_recovery r SET state = 'DONE', done_at = clock_timestamp() WHERE r.agent_id = in_agent AND r.state = 'AGREED';
END $$;

-- The second person is asked by the base itself: no page, and no SQL of the application, hands out a code without him.
-- Only the set-up, which acts for nobody, founds a house.
CREATE OR REPLACE FUNCTION desk.two_for_a_code() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF access.agent() IS NOT NULL OR NOT desk.sets_up() THEN PERFORM desk.let(NEW.agent_id); END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS two_for_a_code ON access_enrolmentcode;
CREATE TRIGGER two_for_a_code BEFORE INSERT ON access_enrolmentcode FOR EACH ROW EXECUTE FUNCTION desk.two_for_a_code();

-- Whoever let an account in alone does not make it an authority: the second person would be his own.
CREATE OR REPLACE FUNCTION desk.two_for_an_authority() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.role = 'designating_authority' AND NEW.revoked_at IS NULL AND access.agent() IS NOT NULL THEN
        PERFORM 1 FROM public.access_agent a WHERE a.id = NEW.agent_id FOR NO KEY UPDATE;
        IF desk.let_in(access.agent(), NEW.agent_id) THEN PERFORM desk.refuse('another authority designates it'); END IF;
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS two_for_an_authority ON access_habilitation;
CREATE TRIGGER two_for_an_authority BEFORE INSERT OR UPDATE ON access_habilitation
    FOR EACH ROW EXECUTE FUNCTION desk.two_for_an_authority();

CREATE OR REPLACE FUNCTION desk.may_raise(in_agent uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT desk.authority() AND NOT desk.let_in(access.agent(), in_agent) $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Identities of a provider (OpenID Connect)
-- ---------------------------------------------------------------------------------------------------------------
-- One subject an agent and provider, and one that somebody has is refused. It is a way in: given as a code is (desk.let), and
-- what another subject opened ends.
CREATE OR REPLACE FUNCTION desk.bind_identity(in_id uuid, in_agent uuid, in_issuer text, in_subject text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT desk.authority() OR in_agent = access.agent() OR in_issuer = '' OR in_subject = '' THEN
        PERFORM desk.refuse('an authority binds an identity, never its own');
    END IF;
    IF EXISTS (SELECT 1 FROM public.desk_identity i WHERE i.issuer = in_issuer AND i.subject = in_subject AND i.ended_at IS NULL) THEN
        RETURN false;
    END IF;
    PERFORM desk.let(in_agent);
    UPDATE public.desk_identity i SET ended_at = clock_timestamp() WHERE i.agent_id = in_agent AND i.issuer = in_issuer AND i.ended_at IS NULL;
    UPDATE public.access_session s SET revoked_at = now() WHERE s.agent_id = in_agent AND s.revoked_at IS NULL;
    INSERT INTO public.desk_identity (id, agent_id, issuer, subject, bound_by_id, bound_at)
    VALUES (in_id, in_agent, in_issuer, in_subject, access.agent(), clock_timestamp());
    RETURN true;
END $$;
CREATE OR REPLACE FUNCTION desk.identity_of(in_issuer text, in_subject text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT i.agent_id FROM public.desk_identity i JOIN public.access_agent a ON a.id = i.agent_id AND a.active
    WHERE i.issuer = in_issuer AND i.subject = in_subject AND i.ended_at IS NULL $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Quarterly review
-- ---------------------------------------------------------------------------------------------------------------
DROP FUNCTION IF EXISTS desk.due_reviews(date, integer, integer);
CREATE OR REPLACE FUNCTION desk.due_reviews(in_day date, in_days integer, n integer)
RETURNS TABLE (id uuid, agent_id uuid, login text, name text, unit_name text, role text, designated_by text, valid_from date,
    valid_to date, looked_at date, in_all bigint, purposes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT h.id, h.agent_id, a.login::text, a.display_name::text, u.name::text, h.role::text, h.designated_by::text, h.valid_from, h.valid_to,
          looked.day, count(*) OVER (), h.purposes::text[]
     FROM public.access_habilitation h JOIN public.access_agent a ON a.id = h.agent_id AND a.unit_id = h.unit_id AND a.active
     JOIN public.reference_unit u ON u.id = h.unit_id
     CROSS JOIN LATERAL (SELECT greatest(h.valid_from, (SELECT (max(v.reviewed_at) AT TIME ZONE 'Europe/Paris')::date
         FROM public.desk_review v WHERE v.habilitation_id = h.id)) AS day) looked
    WHERE desk.authority() AND h.agent_id <> access.agent() AND h.revoked_at IS NULL AND h.valid_from <= in_day
      AND (h.valid_to IS NULL OR h.valid_to >= in_day) AND looked.day <= in_day - in_days
    ORDER BY looked.day, a.login, h.role LIMIT least(n, 200) $$;

CREATE OR REPLACE FUNCTION desk.review(in_id uuid, in_habilitation uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT desk.authority() OR EXISTS (SELECT 1 FROM public.access_habilitation h WHERE h.id = in_habilitation AND h.agent_id = access.agent()) THEN
        PERFORM desk.refuse('an authority reviews, never itself');
    END IF;
    INSERT INTO public.desk_review (id, habilitation_id, reviewed_by_id, reviewed_at)
    SELECT in_id, h.id, access.agent(), clock_timestamp() FROM public.access_habilitation h WHERE h.id = in_habilitation AND h.revoked_at IS NULL;
    RETURN FOUND;
END $$;

GRANT EXECUTE ON FUNCTION desk.ask_key(uuid, text, text, text, date, date), desk.answer_key(uuid, boolean), desk.fetch_key(uuid, bytea),
    desk.revoke_key(uuid, text), desk.keys(), desk.open_tool(text), desk.ask_recovery(uuid, uuid, text), desk.answer_recovery(uuid, boolean),
    desk.recoveries(), desk.standing(uuid), desk.may_raise(uuid), desk.due_reviews(date, integer, integer), desk.review(uuid, uuid),
    desk.bind_identity(uuid, uuid, text, text) TO recoupe_app;
GRANT EXECUTE ON FUNCTION desk.identity_of(text, text) TO recoupe_signin;
GRANT EXECUTE ON FUNCTION desk.authority(), desk.heads(uuid), desk.refuse(text), desk.may_hand(uuid), desk.let(uuid),
    desk.let_in(uuid, uuid), desk.seconded(uuid), desk.apart(uuid, uuid), desk.stays(public.desk_servicekey, public.access_agent),
    desk.acting_tool() TO recoupe_definer;
