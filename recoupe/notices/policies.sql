-- A notice is seen, and marked as seen, by whoever holds its key; who may leave one stands in guards.sql.
CALL access.shield('notices_notice');
CALL access.grant_reading('notices_notice', '', 'recoupe_app, recoupe_worker');
GRANT UPDATE (seen_at) ON notices_notice TO recoupe_app;
GRANT INSERT ON notices_notice TO recoupe_matcher;
DROP POLICY IF EXISTS addressed_select ON notices_notice;
CREATE POLICY addressed_select ON notices_notice FOR SELECT TO recoupe_app, recoupe_worker
    USING (key = ANY ((SELECT access.keys())::bigint[]));
DROP POLICY IF EXISTS addressed_update ON notices_notice;
CREATE POLICY addressed_update ON notices_notice FOR UPDATE TO recoupe_app
    USING (key = ANY ((SELECT access.keys())::bigint[])) WITH CHECK (key = ANY ((SELECT access.keys())::bigint[]));
CALL access.demand_journal('notices_notice');

-- ---------------------------------------------------------------------------------------------------------------
-- Reminders outside the application: nobody reads the table; its functions tell an agent his own line, the worker what to send
-- ---------------------------------------------------------------------------------------------------------------
CALL access.shield('notices_reminder');
CALL access.demand_journal('notices_reminder');

-- What waits for one agent under his keys of today, and what of it he still reads: since when, by when, never what. Rooms add terms of
-- their own by a function terms_for(keys, units), found in the catalogue. The caller's context ends here: it goes on in none.
CREATE OR REPLACE FUNCTION notices.reminders_of(who uuid) RETURNS TABLE (since timestamptz, due timestamptz, whole_day boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    own_keys bigint[];
    own_units uuid[];
    ids uuid[];
    read_ids uuid[] := '{}';
    more uuid[];
    t name;
BEGIN
    IF access.enter(who, coalesce((access.purposes_of(who))[1], ''), '', '', 'reminders') IS NULL THEN RETURN; END IF;
    own_keys := access.keys();
    own_units := access.units();
    DELETE FROM public.access_context WHERE pid = pg_backend_pid();
    ids := ARRAY(SELECT DISTINCT n.record_id FROM unnest(own_keys) AS k
        CROSS JOIN LATERAL (SELECT r.record_id FROM public.notices_notice r
            WHERE r.key = k AND r.seen_at IS NULL ORDER BY r.at DESC LIMIT 500) n);
    IF ids <> '{}' THEN
        FOR t IN SELECT access.tables_with_readers('') LOOP
            EXECUTE format('SELECT array_agg(id) FROM public.%I WHERE id = ANY ($1) AND readers && $2', t) INTO more USING ids, own_keys;
            read_ids := read_ids || coalesce(more, '{}');
        END LOOP;
    END IF;
    RETURN QUERY SELECT n.at, n.due_at, false FROM public.notices_notice n
        WHERE n.key = ANY (own_keys) AND n.seen_at IS NULL AND n.record_id = ANY (read_ids);
    FOR t IN SELECT s.nspname FROM pg_proc p JOIN pg_namespace s ON s.oid = p.pronamespace
              WHERE p.proname = 'terms_for' AND p.proowner = 'recoupe_definer'::regrole ORDER BY 1 LOOP
        RETURN QUERY EXECUTE format('SELECT NULL::timestamptz, f.due, f.whole_day FROM %I.terms_for($1, $2) f', t) USING own_keys, own_units;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION notices.own_reminder()
RETURNS TABLE (address text, quiet_from time, quiet_to time, calendar_since timestamptz, sent_at timestamptz, refused_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.address, r.quiet_from, r.quiet_to, r.calendar_since, r.sent_at, r.refused_at
     FROM public.notices_reminder r WHERE r.agent_id = access.agent() $$;

-- Each for the context's own agent, with its entry of the journal, and only while he holds keys: a purpose is declared.
CREATE OR REPLACE FUNCTION notices.save_reminder(in_address text, in_from time, in_to time) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF access.agent() IS NULL OR access.keys() = '{}' THEN RAISE EXCEPTION 'no agent' USING ERRCODE = 'insufficient_privilege'; END IF;
    PERFORM audit.record('configure', ARRAY['agent:' || access.agent()], ARRAY['address', 'quiet_from', 'quiet_to'], '{"what": "reminder"}', NULL, NULL);
    INSERT INTO public.notices_reminder AS r (agent_id, address, quiet_from, quiet_to) VALUES (access.agent(), in_address, in_from, in_to)
    ON CONFLICT (agent_id) DO UPDATE SET address = excluded.address, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
        refused_at = CASE WHEN r.address = excluded.address THEN r.refused_at END;
END $$;
CREATE OR REPLACE FUNCTION notices.set_calendar(secret text, in_from time, in_to time) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE hash bytea := sha256(convert_to(secret, 'UTF8'));
BEGIN
    IF access.agent() IS NULL OR access.keys() = '{}' THEN RAISE EXCEPTION 'no agent' USING ERRCODE = 'insufficient_privilege'; END IF;
    PERFORM audit.record('configure', ARRAY['agent:' || access.agent()], ARRAY['calendar'],
        jsonb_build_object('what', CASE WHEN hash IS NULL THEN 'calendar_closed' ELSE 'calendar_opened' END), NULL, NULL);
    INSERT INTO public.notices_reminder (agent_id, quiet_from, quiet_to, calendar_hash, calendar_since)
    VALUES (access.agent(), in_from, in_to, hash, CASE WHEN hash IS NOT NULL THEN clock_timestamp() END)
    ON CONFLICT (agent_id) DO UPDATE SET calendar_hash = excluded.calendar_hash, calendar_since = excluded.calendar_since;
END $$;

-- The terms of whoever holds this secret, from a month ago; NULL where it opens nothing. Asked outside any context.
CREATE OR REPLACE FUNCTION notices.calendar(secret text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    who uuid := (SELECT r.agent_id FROM public.notices_reminder r WHERE r.calendar_hash = sha256(convert_to(secret, 'UTF8')));
BEGIN
    IF who IS NULL THEN RETURN NULL; END IF;
    RETURN (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(o.due, o.whole_day)), '[]') FROM notices.reminders_of(who) o
             WHERE o.due > now() - interval '31 days');
END $$;

CREATE OR REPLACE FUNCTION notices.digests_due() RETURNS TABLE (agent uuid, quiet_from time, quiet_to time)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.agent_id, r.quiet_from, r.quiet_to FROM public.notices_reminder r
    WHERE r.address <> '' AND (coalesce(greatest(r.sent_at, r.refused_at), '-infinity') AT TIME ZONE 'Europe/Paris')::date
        < (now() AT TIME ZONE 'Europe/Paris')::date ORDER BY r.sent_at NULLS FIRST, r.agent_id $$;
-- Something new since the last one, or a term that falls within a day; the line is held while it is sent, two workers send one.
CREATE OR REPLACE FUNCTION notices.digest(who uuid) RETURNS TABLE (address text, pressing boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE r public.notices_reminder;
BEGIN
    SELECT * INTO r FROM public.notices_reminder m
     WHERE m.agent_id = who AND m.agent_id IN (SELECT d.agent FROM notices.digests_due() d) FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN RETURN; END IF;
    RETURN QUERY SELECT r.address::text, bool_or(coalesce(o.due < now() + interval '1 day', false)) FROM notices.reminders_of(who) o
        WHERE o.since > coalesce(r.sent_at, '-infinity') OR o.due BETWEEN now() - interval '31 days' AND now() + interval '1 day'
       HAVING count(*) > 0;
END $$;
CREATE OR REPLACE FUNCTION notices.digest_sent(who uuid, was_refused boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM audit.record('modify', ARRAY['agent:' || who], '{}',
        jsonb_build_object('what', CASE WHEN was_refused THEN 'digest_refused' ELSE 'digest_sent' END), NULL, NULL);
    UPDATE public.notices_reminder SET sent_at = CASE WHEN was_refused THEN sent_at ELSE clock_timestamp() END,
        refused_at = CASE WHEN was_refused THEN clock_timestamp() END WHERE agent_id = who;
END $$;
GRANT EXECUTE ON FUNCTION notices.own_reminder(), notices.save_reminder(text, time, time), notices.set_calendar(text, time, time), notices.calendar(text)
    TO recoupe_app;
GRANT EXECUTE ON FUNCTION notices.digests_due(), notices.digest(uuid), notices.digest_sent(uuid, boolean) TO recoupe_worker;
