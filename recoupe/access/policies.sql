-- Agents and what they may do. Sessions and credentials are reached through the functions of functions.sql alone.
CALL access.shield('access_agent');
CALL access.shield('access_habilitation');
CALL access.shield('access_rolecapacity');
CALL access.shield('access_passkey');
CALL access.shield('access_enrolmentcode');
CALL access.shield('access_challenge');
CALL access.shield('access_session');
CALL access.shield('access_signinfailure');
CALL access.shield('access_mandate');
CALL access.shield('access_feed');
CALL access.shield('access_disclosure');
CALL access.shield('access_cellservice');

-- What each role's reader keys stand for; recoupe.access.enums names the same roles and capacities (tested).
DELETE FROM access_rolecapacity;
INSERT INTO access_rolecapacity (role, scope, capacity) VALUES
    ('investigator', 'unit', 'unit'), ('investigator', 'self', 'agent'), ('investigator', 'cells', 'territory'),
    ('unit_head', 'unit', 'unit'), ('unit_head', 'self', 'agent'), ('unit_head', 'cells', 'territory'),
    ('unit_head', 'unit', 'head'), ('unit_head', 'unit', 'duty'),
    ('duty_officer', 'unit', 'duty'), ('duty_officer', 'self', 'agent'),
    ('cross_analyst', 'cell', 'cell'), ('cross_analyst', 'cell', 'duty'), ('cross_analyst', 'cell', 'territory'), ('cross_analyst', 'self', 'agent'),
    ('cross_head', 'cell', 'cell'), ('cross_head', 'cell', 'duty'), ('cross_head', 'cell', 'territory'), ('cross_head', 'self', 'agent'),
    ('cross_head', 'cell', 'cell_head'), ('cross_head', 'cell', 'head'),
    ('cross_analyst', 'joined', 'cell'), ('cross_head', 'joined', 'cell'),
    ('ofast_analyst', 'unit', 'office'), ('ofast_analyst', 'unit', 'duty'), ('ofast_analyst', 'self', 'agent'),
    ('registry_manager', 'unit', 'registry'), ('registry_manager', 'self', 'agent'),
    ('watch_desk', 'unit', 'watch'), ('watch_desk', 'self', 'agent'),
    ('plan_manager', 'self', 'agent'),
    ('prosecutor', 'unit', 'prosecutor'), ('prosecutor', 'self', 'agent'),
    ('examining_judge', 'unit', 'judge'), ('examining_judge', 'self', 'agent'),
    ('dpo', 'self', 'agent'), ('inspection', 'self', 'agent'), ('sysadmin', 'self', 'agent'), ('designating_authority', 'self', 'agent');

-- An agent is seen by his own unit and by whoever designates; nobody else learns who works where.
-- Nothing is written without a declared purpose, without which nobody holds a key.
CALL access.grant_reading('access_agent', '', 'recoupe_app');
CALL access.grant_reading('access_habilitation', '', 'recoupe_app');
GRANT INSERT, UPDATE ON access_agent, access_habilitation TO recoupe_app;
DROP POLICY IF EXISTS own_unit ON access_agent;
CREATE POLICY own_unit ON access_agent FOR SELECT TO recoupe_app
    USING (unit_id = ANY ((SELECT access.units())::uuid[]) OR (SELECT access.has_role('designating_authority')) OR (SELECT access.has_role('dpo')) OR (SELECT access.has_role('inspection')));
DROP POLICY IF EXISTS designated ON access_agent;
CREATE POLICY designated ON access_agent FOR INSERT TO recoupe_app WITH CHECK ((SELECT access.has_role('designating_authority')) AND (SELECT access.keys()) <> '{}'::bigint[]);
DROP POLICY IF EXISTS designated_update ON access_agent;
CREATE POLICY designated_update ON access_agent FOR UPDATE TO recoupe_app
    USING ((SELECT access.has_role('designating_authority')) AND (SELECT access.keys()) <> '{}'::bigint[]) WITH CHECK ((SELECT access.has_role('designating_authority')) AND (SELECT access.keys()) <> '{}'::bigint[]);
DROP POLICY IF EXISTS own_unit ON access_habilitation;
CREATE POLICY own_unit ON access_habilitation FOR SELECT TO recoupe_app
    USING (agent_id = (SELECT access.agent()) OR (SELECT access.has_role('designating_authority')));
DROP POLICY IF EXISTS designated ON access_habilitation;
CREATE POLICY designated ON access_habilitation FOR INSERT TO recoupe_app WITH CHECK ((SELECT access.has_role('designating_authority')) AND (SELECT access.keys()) <> '{}'::bigint[]);
DROP POLICY IF EXISTS designated_update ON access_habilitation;
CREATE POLICY designated_update ON access_habilitation FOR UPDATE TO recoupe_app
    USING ((SELECT access.has_role('designating_authority')) AND (SELECT access.keys()) <> '{}'::bigint[]) WITH CHECK ((SELECT access.has_role('designating_authority')) AND (SELECT access.keys()) <> '{}'::bigint[]);
-- Nobody designates himself, whatever the application asks.
DROP POLICY IF EXISTS not_oneself ON access_habilitation;
CREATE POLICY not_oneself ON access_habilitation AS RESTRICTIVE FOR INSERT TO recoupe_app
    WITH CHECK (agent_id <> (SELECT access.agent()));
DROP POLICY IF EXISTS not_oneself_update ON access_habilitation;
CREATE POLICY not_oneself_update ON access_habilitation AS RESTRICTIVE FOR UPDATE TO recoupe_app
    USING (agent_id <> (SELECT access.agent())) WITH CHECK (agent_id <> (SELECT access.agent()));
DROP POLICY IF EXISTS not_oneself_update ON access_agent;
CREATE POLICY not_oneself_update ON access_agent AS RESTRICTIVE FOR UPDATE TO recoupe_app
    USING (id <> (SELECT access.agent())) WITH CHECK (id <> (SELECT access.agent()));
SELECT access.journal_setup('access_agent');
SELECT access.journal_setup('access_habilitation');

-- Since when an agent is where he is: what he may do in his own name, and what he left behind, is reckoned from there.
CREATE OR REPLACE FUNCTION access.place() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' OR (NEW.unit_id, NEW.active) IS DISTINCT FROM (OLD.unit_id, OLD.active) THEN
        NEW.placed_at := clock_timestamp();
    ELSE
        NEW.placed_at := OLD.placed_at;
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS place ON access_agent;
CREATE TRIGGER place BEFORE INSERT OR UPDATE ON access_agent FOR EACH ROW EXECUTE FUNCTION access.place();

-- A designation names its purposes, of those that its role may have; one that says nothing has them all (P-98).
CREATE OR REPLACE FUNCTION access.name_purposes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    NEW.purposes := coalesce(NEW.purposes, access.purposes_for(NEW.role));
    IF NEW.purposes = '{}' OR NOT NEW.purposes::text[] <@ access.purposes_for(NEW.role) THEN
        RAISE EXCEPTION 'a designation names purposes of its role' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS name_purposes ON access_habilitation;
CREATE TRIGGER name_purposes BEFORE INSERT OR UPDATE OF role, purposes ON access_habilitation
    FOR EACH ROW EXECUTE FUNCTION access.name_purposes();

-- Background mandates: an agent signs for himself, for a day (the hour is for clocks that differ).
CALL access.grant_reading('access_mandate', '', 'recoupe_app');
GRANT INSERT ON access_mandate TO recoupe_app;
DROP POLICY IF EXISTS own ON access_mandate;
CREATE POLICY own ON access_mandate TO recoupe_app
    USING (agent_id = (SELECT access.agent()))
    WITH CHECK (agent_id = (SELECT access.agent()) AND (SELECT access.keys()) <> '{}'::bigint[] AND revoked_at IS NULL
        AND expires_at <= now() + interval '25 hours' AND granted_at <= clock_timestamp() + interval '1 minute');
CALL access.demand_journal('access_mandate');

-- The list table: the matcher lists its hits, each room's own function the rest, from the readers of its rows; nobody
-- reads it but through access.feed(). An application that could list would also hide what others read.
GRANT INSERT ON access_feed TO recoupe_matcher;
DROP POLICY IF EXISTS publish ON access_feed;
CREATE POLICY publish ON access_feed FOR INSERT TO recoupe_matcher WITH CHECK (true);

-- The register of disclosures (S-9): both ends read their lines; the function that discloses enters them (guards.sql).
CALL access.grant_reading('access_disclosure', '', 'recoupe_app, recoupe_worker');
DROP POLICY IF EXISTS both_ends ON access_disclosure;
CREATE POLICY both_ends ON access_disclosure FOR SELECT TO recoupe_app, recoupe_worker
    USING (from_unit_id = ANY ((SELECT access.units())::uuid[]) OR to_unit_id = ANY ((SELECT access.units())::uuid[]));
CALL access.demand_journal('access_disclosure');

-- Which services are of which cells: the authority that joins them reads it, without the keys; functions alone write it.
GRANT SELECT (id, cell_id, service_id, valid_from, valid_to, decided_by, decided_at, reason, ended_by, ended_at, end_reason,
    spread_at, cleared_at, at_table, at_row, rows_seen, rows_in_all) ON access_cellservice TO recoupe_app;
DROP POLICY IF EXISTS authority ON access_cellservice;
CREATE POLICY authority ON access_cellservice FOR SELECT TO recoupe_app
    USING ((SELECT access.has_role('designating_authority')) OR (SELECT access.has_role('dpo')));
CALL access.demand_journal('access_cellservice');

-- ---------------------------------------------------------------------------------------------------------------
-- Keys (R-53): the sign-in process reaches keys, codes and challenges by these functions, nobody by a table
-- ---------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION access.new_challenge(in_hash bytea, in_use text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    DELETE FROM public.access_challenge c WHERE c.expires_at < now();
    INSERT INTO public.access_challenge (challenge_hash, use, expires_at) VALUES (in_hash, in_use, now() + interval '5 minutes');
END $$;
-- Once: whoever comes second, even at the same moment, finds nothing.
CREATE OR REPLACE FUNCTION access.take_challenge(in_hash bytea, in_use text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    DELETE FROM public.access_challenge c WHERE c.challenge_hash = in_hash AND c.use = in_use
       AND c.expires_at > now() AND c.expires_at <= now() + interval '7 minutes';
    RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION access.passkey_of(in_credential bytea)
RETURNS TABLE (id uuid, agent uuid, public_key bytea, live boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT k.id, k.agent_id, k.public_key, k.revoked_at IS NULL AND a.active
     FROM public.access_passkey k JOIN public.access_agent a ON a.id = k.agent_id WHERE k.credential_id = in_credential $$;
-- A counter that does not grow says that the key was copied, and whoever came first may be the thief: the key ends, and every
-- session of its agent. Keys without a counter keep it at nought.
DROP FUNCTION IF EXISTS access.passkey_used(uuid, bigint);
CREATE OR REPLACE FUNCTION access.passkey_used(in_id uuid, in_count bigint, in_backup text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE who uuid;
BEGIN
    UPDATE public.access_passkey k SET sign_count = in_count, last_used_at = now(), backup = in_backup
     WHERE k.id = in_id AND k.revoked_at IS NULL AND (in_count > k.sign_count OR (in_count = 0 AND k.sign_count = 0));
    IF FOUND THEN RETURN true; END IF;
    UPDATE public.access_passkey k SET revoked_at = now(), copied = true WHERE k.id = in_id AND k.revoked_at IS NULL RETURNING k.agent_id INTO who;
    IF FOUND THEN
        UPDATE public.access_session s SET revoked_at = now() WHERE s.agent_id = who AND s.revoked_at IS NULL;
        PERFORM audit.write(who, NULL, '', '', '', 'signin', 'configure', ARRAY['agent:' || who, 'passkey:' || in_id], '{}',
            '{"what": "passkey_revoked"}', NULL, NULL);
    END IF;
    RETURN false;
END $$;
-- What strangers tried in the minutes that are over: one entry with their number, so that no flood fills the journal.
CREATE OR REPLACE FUNCTION access.tell_refusals() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE f record;
BEGIN
    FOR f IN DELETE FROM public.access_signinfailure WHERE id IN (SELECT o.id FROM public.access_signinfailure o
               WHERE o.passkey_id IS NULL AND o.at < date_trunc('minute', now()) FOR UPDATE SKIP LOCKED)
             RETURNING reason, place, tries LOOP
        CONTINUE WHEN f.tries = 0;
        PERFORM audit.write(NULL, NULL, '', '', '', 'signin', 'refused', '{}', '{}',
            jsonb_build_object('what', 'sign_in', 'why', f.reason, 'from', f.place, 'tries', f.tries), NULL, NULL);
    END LOOP;
END $$;
-- Every refused try with the key of an agent is an entry of the journal, and so is the first of strangers in a minute, the others
-- being counted; how many there were for this key in a quarter of an hour.
DROP FUNCTION IF EXISTS access.refused_sign_in(uuid, text);
CREATE OR REPLACE FUNCTION access.refused_sign_in(in_key uuid, in_reason text, in_place text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE who uuid := (SELECT k.agent_id FROM public.access_passkey k WHERE k.id = in_key);
BEGIN
    PERFORM access.tell_refusals();
    DELETE FROM public.access_signinfailure f WHERE f.passkey_id IS NOT NULL AND f.at < now() - interval '1 hour';
    IF in_key IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('refused ' || in_place || ' ' || in_reason));
        UPDATE public.access_signinfailure f SET tries = f.tries + 1
         WHERE f.passkey_id IS NULL AND f.at = date_trunc('minute', now()) AND f.place = in_place AND f.reason = in_reason;
        IF FOUND THEN RETURN 0; END IF;
    END IF;
    INSERT INTO public.access_signinfailure (passkey_id, reason, at, place)
    VALUES (in_key, in_reason, CASE WHEN in_key IS NULL THEN date_trunc('minute', now()) ELSE now() END, in_place);
    PERFORM audit.write(who, NULL, '', '', '', 'signin', 'refused', array_remove(ARRAY['agent:' || who, 'passkey:' || in_key], NULL),
        '{}', jsonb_build_object('what', 'sign_in', 'why', in_reason), NULL, NULL);
    RETURN (SELECT count(*) FROM public.access_signinfailure f WHERE f.passkey_id = in_key AND f.at > now() - interval '15 minutes');
END $$;

-- Two keys an agent at most; the entry of the journal is in the name of who holds the key.
DROP FUNCTION IF EXISTS access.keep_passkey(uuid, bytea, bytea, bigint, text, text);
CREATE OR REPLACE FUNCTION access.keep_passkey(who uuid, in_credential bytea, in_public bytea, in_count bigint, in_name text, in_backup text,
    by_service text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    made uuid := gen_random_uuid();
    in_unit uuid;
BEGIN
    SELECT a.unit_id INTO in_unit FROM public.access_agent a WHERE a.id = who AND a.active FOR UPDATE;
    IF NOT FOUND OR EXISTS (SELECT 1 FROM public.access_passkey k WHERE k.credential_id = in_credential)
       OR (SELECT count(*) FROM public.access_passkey k WHERE k.agent_id = who AND k.revoked_at IS NULL) >= 2 THEN RETURN NULL; END IF;
    INSERT INTO public.access_passkey (id, agent_id, credential_id, public_key, sign_count, name, added_at, backup)
    VALUES (made, who, in_credential, in_public, in_count, in_name, now(), in_backup);
    PERFORM audit.write(CASE by_service WHEN 'signin' THEN who END, CASE by_service WHEN 'signin' THEN in_unit END, '', '', '', by_service,
        'configure', ARRAY['agent:' || who, 'passkey:' || made], '{}', '{"what": "passkey_added"}', NULL, NULL);
    RETURN made;
END $$;
-- Handed out within a day, and not at a moment that has not come: a clock that jumped and was set right lengthens no code.
CREATE OR REPLACE FUNCTION access.code_lives(c public.access_enrolmentcode) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT c.used_at IS NULL AND c.expires_at > now() AND c.issued_at <= now() + interval '2 minutes' $$;
CREATE OR REPLACE FUNCTION access.code_holder(in_hash bytea) RETURNS TABLE (agent uuid, login text, name text, credentials bytea[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT a.id, a.login, a.display_name, ARRAY(SELECT k.credential_id FROM public.access_passkey k WHERE k.agent_id = a.id)
     FROM public.access_enrolmentcode c JOIN public.access_agent a ON a.id = c.agent_id AND a.active
    WHERE c.code_hash = in_hash AND access.code_lives(c) $$;
DROP FUNCTION IF EXISTS access.enrol_passkey(bytea, bytea, bytea, bigint, text);
CREATE OR REPLACE FUNCTION access.enrol_passkey(in_hash bytea, in_credential bytea, in_public bytea, in_count bigint, in_name text, in_backup text)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE who uuid;
BEGIN
    UPDATE public.access_enrolmentcode c SET used_at = now() WHERE c.code_hash = in_hash AND access.code_lives(c)
     RETURNING c.agent_id INTO who;
    IF NOT FOUND THEN RETURN NULL; END IF;
    RETURN access.keep_passkey(who, in_credential, in_public, in_count, in_name, in_backup, 'signin');
END $$;

-- What the sign-in process may know of a live session, by its token: whose it is, and whether he has just shown his key.
CREATE OR REPLACE FUNCTION access.session_of(token text) RETURNS TABLE (agent uuid, login text, name text, how text, client bytea, fresh boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT a.id, a.login, a.display_name, s.how, s.client, access.is_fresh(s.proven_at)
     FROM public.access_session s JOIN public.access_agent a ON a.id = s.agent_id AND a.active AND a.unit_id = s.unit_id
    WHERE s.token_hash = sha256(convert_to(token, 'UTF8')) AND access.is_live(s) $$;
DROP FUNCTION IF EXISTS access.own_passkeys(text);
CREATE OR REPLACE FUNCTION access.own_passkeys(token text)
RETURNS TABLE (id uuid, credential bytea, name text, added_at timestamptz, last_used_at timestamptz, backup text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT k.id, k.credential_id, k.name, k.added_at, k.last_used_at, k.backup
     FROM access.session_of(token) s JOIN public.access_passkey k ON k.agent_id = s.agent AND k.revoked_at IS NULL ORDER BY k.added_at $$;
DROP FUNCTION IF EXISTS access.add_passkey(text, bytea, bytea, bigint, text);
CREATE OR REPLACE FUNCTION access.add_passkey(token text, in_credential bytea, in_public bytea, in_count bigint, in_name text, in_backup text)
RETURNS uuid LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT access.keep_passkey(s.agent, in_credential, in_public, in_count, in_name, in_backup, 'signin') FROM access.session_of(token) s WHERE s.fresh $$;
-- One's own, freshly proven, and never the last one: whoever has lost both goes to the desk.
CREATE OR REPLACE FUNCTION access.drop_passkey(token text, in_id uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    who uuid;
    in_unit uuid;
BEGIN
    SELECT a.id, a.unit_id INTO who, in_unit FROM access.session_of(token) s JOIN public.access_agent a ON a.id = s.agent
     WHERE s.fresh FOR UPDATE OF a;
    IF NOT FOUND OR (SELECT count(*) FROM public.access_passkey k WHERE k.agent_id = who AND k.revoked_at IS NULL) < 2 THEN RETURN false; END IF;
    UPDATE public.access_passkey k SET revoked_at = now() WHERE k.id = in_id AND k.agent_id = who AND k.revoked_at IS NULL;
    IF NOT FOUND THEN RETURN false; END IF;
    -- Whoever holds that key may have entered with it: every session but this one ends.
    UPDATE public.access_session o SET revoked_at = now()
     WHERE o.agent_id = who AND o.revoked_at IS NULL AND o.token_hash <> sha256(convert_to(token, 'UTF8'));
    PERFORM audit.write(who, in_unit, '', '', '', 'signin', 'configure', ARRAY['agent:' || who, 'passkey:' || in_id], '{}',
        '{"what": "passkey_revoked"}', NULL, NULL);
    RETURN true;
END $$;
-- The agent of the session has just shown his key; on the page of the demonstration, the button of a made agent.
CREATE OR REPLACE FUNCTION access.prove(token text, in_key uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE who uuid := (SELECT s.agent FROM access.session_of(token) s WHERE s.how = 'made' OR in_key IS NOT NULL);
BEGIN
    IF who IS NULL OR (in_key IS NULL AND NOT access.made_world()) OR (in_key IS NOT NULL AND NOT EXISTS
       (SELECT 1 FROM public.access_passkey k WHERE k.id = in_key AND k.agent_id = who AND k.revoked_at IS NULL)) THEN RETURN false; END IF;
    UPDATE public.access_session s SET proven_at = now(), seen_at = now() WHERE s.token_hash = sha256(convert_to(token, 'UTF8'));
    PERFORM audit.write(who, (SELECT a.unit_id FROM public.access_agent a WHERE a.id = who), '', '', '', 'signin', 'sign_in',
        array_remove(ARRAY['agent:' || who, 'passkey:' || in_key], NULL), '{}', '{"what": "step_up"}', NULL, NULL);
    RETURN true;
END $$;

-- The mark that the loading of the made world leaves (recoupe.demo.loading.door), and who may be entered as there.
CREATE OR REPLACE FUNCTION access.made_world() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$ SELECT to_regclass('public.made_world') IS NOT NULL $$;
CREATE OR REPLACE FUNCTION access.made_agents() RETURNS TABLE (id uuid, login text, name text, unit text, kind text, roles text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT a.id, a.login, a.display_name, u.name, u.kind,
          ARRAY(SELECT DISTINCT h.role::text FROM public.access_habilitation h WHERE h.agent_id = a.id AND h.revoked_at IS NULL)
     FROM public.access_agent a JOIN public.reference_unit u ON u.id = a.unit_id
    -- The account of a tool was never designated, and signs in nowhere.
    WHERE a.active AND access.made_world() AND EXISTS (SELECT 1 FROM public.access_habilitation h WHERE h.agent_id = a.id)
    ORDER BY u.kind, u.name, a.login $$;

-- The desk: a code for somebody else, the former one void; every way in taken from somebody else (keys, codes, identities), his
-- sessions with them. Each writes its own entry: no statement of the application's does it without a line.
DROP FUNCTION IF EXISTS access.issue_code(uuid, bytea);
CREATE OR REPLACE FUNCTION access.issue_code(in_agent uuid, in_hash bytea, in_reason text DEFAULT '') RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT access.has_role('designating_authority') OR in_agent = access.agent()
       OR NOT EXISTS (SELECT 1 FROM public.access_agent a WHERE a.id = in_agent AND a.active) THEN
        RAISE EXCEPTION 'an authority hands out codes, never its own' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM audit.record('configure', ARRAY['agent:' || in_agent], '{}',
        jsonb_build_object('what', 'enrolment_code', 'reason', in_reason), NULL, NULL);
    UPDATE public.access_enrolmentcode c SET used_at = now() WHERE c.agent_id = in_agent AND c.used_at IS NULL;
    INSERT INTO public.access_enrolmentcode (code_hash, agent_id, issued_by, issued_at, expires_at)
    VALUES (in_hash, in_agent, access.agent(), now(), now() + interval '24 hours');
END $$;
DROP FUNCTION IF EXISTS access.revoke_passkeys(uuid);
CREATE OR REPLACE FUNCTION access.revoke_passkeys(in_agent uuid, in_reason text DEFAULT '') RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE taken integer;
BEGIN
    IF NOT access.has_role('designating_authority') OR access.keys() = '{}'::bigint[] OR in_agent = access.agent() THEN
        RAISE EXCEPTION 'an authority takes keys, never its own' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM audit.record('configure', ARRAY['agent:' || in_agent], '{}',
        jsonb_build_object('what', 'passkeys_revoked', 'reason', in_reason), NULL, NULL);
    UPDATE public.access_passkey k SET revoked_at = now() WHERE k.agent_id = in_agent AND k.revoked_at IS NULL;
    GET DIAGNOSTICS taken = ROW_COUNT;
    UPDATE public.access_enrolmentcode c SET used_at = now() WHERE c.agent_id = in_agent AND c.used_at IS NULL;
    UPDATE public.desk_identity i SET ended_at = now() WHERE i.agent_id = in_agent AND i.ended_at IS NULL;
    UPDATE public.access_session s SET revoked_at = now() WHERE s.agent_id = in_agent AND s.revoked_at IS NULL;
    RETURN taken;
END $$;
DROP FUNCTION IF EXISTS access.passkeys_of(uuid);
CREATE OR REPLACE FUNCTION access.passkeys_of(in_agent uuid)
RETURNS TABLE (name text, added_at timestamptz, last_used_at timestamptz, revoked_at timestamptz, backup text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT k.name, k.added_at, k.last_used_at, k.revoked_at, k.backup FROM public.access_passkey k
    WHERE k.agent_id = in_agent AND (access.has_role('designating_authority') OR access.has_role('dpo')) ORDER BY k.added_at $$;

-- What happened to one's own keys this week: somebody else who adds or takes one away is seen by its holder. A first key is no news.
CREATE OR REPLACE FUNCTION access.own_key_news() RETURNS TABLE (what text, name text, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT n.what, n.name, n.at FROM (
     SELECT 'added' AS what, k.name::text AS name, k.added_at AS at FROM public.access_passkey k
      WHERE k.agent_id = access.agent()
        AND EXISTS (SELECT 1 FROM public.access_passkey f WHERE f.agent_id = k.agent_id AND f.added_at < k.added_at)
     UNION ALL
     SELECT CASE WHEN k.copied THEN 'copied' ELSE 'removed' END, k.name::text, k.revoked_at FROM public.access_passkey k
      WHERE k.agent_id = access.agent() AND k.revoked_at IS NOT NULL) n
    WHERE n.at > now() - interval '7 days' ORDER BY n.at DESC, n.what LIMIT 6 $$;

-- The set-up gives the made agents their software keys, in its own context and with its own entry.
CREATE OR REPLACE FUNCTION access.set_up_passkey(in_login text, in_credential bytea, in_public bytea, in_name text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE who uuid := (SELECT a.id FROM public.access_agent a WHERE a.login = in_login);
BEGIN
    IF NOT access.made_world() THEN
        RAISE EXCEPTION 'software keys are for a made world' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.access_passkey k SET revoked_at = now() WHERE k.agent_id = who AND k.name = in_name AND k.revoked_at IS NULL;
    RETURN access.keep_passkey(who, in_credential, in_public, 0, in_name, 'NONE', 'set-up');
END $$;

GRANT EXECUTE ON FUNCTION access.new_challenge(bytea, text), access.take_challenge(bytea, text), access.passkey_of(bytea),
    access.passkey_used(uuid, bigint, text), access.refused_sign_in(uuid, text, text), access.code_holder(bytea),
    access.enrol_passkey(bytea, bytea, bytea, bigint, text, text), access.session_of(text), access.own_passkeys(text),
    access.add_passkey(text, bytea, bytea, bigint, text, text), access.drop_passkey(text, uuid), access.prove(text, uuid),
    access.made_world(), access.made_agents(), access.close(text) TO recoupe_signin;
GRANT EXECUTE ON FUNCTION access.tell_refusals() TO recoupe_worker, recoupe_definer;
GRANT EXECUTE ON FUNCTION access.issue_code(uuid, bytea, text), access.revoke_passkeys(uuid, text), access.passkeys_of(uuid), access.own_key_news() TO recoupe_app;
GRANT EXECUTE ON FUNCTION access.set_up_passkey(text, bytea, bytea, text) TO recoupe_owner;
GRANT EXECUTE ON FUNCTION access.keep_passkey(uuid, bytea, bytea, bigint, text, text, text), access.made_world(), access.session_of(text),
    access.code_lives(public.access_enrolmentcode) TO recoupe_definer;
