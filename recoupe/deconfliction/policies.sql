-- The matcher's own tables: no other role reads where an event is, or which two meet.
CALL access.shield('deconfliction_window');
CALL access.shield('deconfliction_bucket');
CALL access.shield('deconfliction_conflict');
GRANT SELECT, INSERT, UPDATE, DELETE ON deconfliction_window, deconfliction_bucket, deconfliction_conflict TO recoupe_matcher;
REVOKE ALL ON deconfliction_window, deconfliction_bucket FROM recoupe_definer;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['deconfliction_window', 'deconfliction_bucket', 'deconfliction_conflict'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS matcher_all ON %I', t);
        EXECUTE format('CREATE POLICY matcher_all ON %I TO recoupe_matcher USING (true) WITH CHECK (true)', t);
    END LOOP;
END $$;
CALL access.demand_journal('deconfliction_conflict');

-- Before two events that meet begin, whoever reads a side of them is reminded, once: what is marked and what is told stand
-- or fall together. Not of what was told within the same term.
CREATE OR REPLACE FUNCTION deconfliction.tell_soon(now timestamptz, ahead interval) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE due uuid[] := ARRAY(SELECT c.id FROM public.deconfliction_conflict c
    WHERE c.live AND c.alerted_at IS NULL AND now >= c.starts_at - ahead AND now < c.starts_at AND c.told_at < c.starts_at - ahead
    ORDER BY c.starts_at LIMIT 50 FOR UPDATE SKIP LOCKED);
BEGIN
    IF due = '{}' THEN RETURN 0; END IF;
    PERFORM audit.record('combine', ARRAY(SELECT 'pair:' || d FROM unnest(due) AS d), '{}', '{"told": "event_soon"}', NULL, NULL);
    UPDATE public.deconfliction_conflict c SET alerted_at = clock_timestamp() WHERE c.id = ANY (due);
    INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at, due_at)
    SELECT gen_random_uuid(), k, 'event_soon', 'hit', s.id, clock_timestamp(), c.starts_at
      FROM public.deconfliction_conflict c JOIN public.crosscheck_hitside s ON s.hit_id = c.id, unnest(s.readers) AS k
     WHERE c.id = ANY (due) ON CONFLICT DO NOTHING;
    RETURN cardinality(due);
END $$;
GRANT EXECUTE ON FUNCTION deconfliction.tell_soon(timestamptz, interval) TO recoupe_worker;

-- Dangers: made and closed by the matcher, told again and closed at their hour by the worker, acknowledged by a duty desk.
-- The application reads them and changes nothing of them but by the functions below.
SELECT access.protect('deconfliction_danger');
SELECT access.protect('deconfliction_dangerside');
REVOKE INSERT, UPDATE ON deconfliction_danger, deconfliction_dangerside FROM recoupe_app, recoupe_worker;
GRANT SELECT, INSERT, UPDATE ON deconfliction_danger, deconfliction_dangerside TO recoupe_matcher;
DROP POLICY IF EXISTS matcher_all ON deconfliction_danger;
CREATE POLICY matcher_all ON deconfliction_danger TO recoupe_matcher USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS matcher_all ON deconfliction_dangerside;
CREATE POLICY matcher_all ON deconfliction_dangerside TO recoupe_matcher USING (true) WITH CHECK (true);

-- A duty desk acknowledges for its own unit, once; the state follows (life.acknowledged). False where there is nothing to acknowledge.
CREATE OR REPLACE FUNCTION deconfliction.acknowledge(in_side uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE in_danger uuid;
BEGIN
    SELECT d.id INTO in_danger FROM public.deconfliction_danger d
     WHERE d.state <> 'CLOSED' AND d.id = (SELECT s.danger_id FROM public.deconfliction_dangerside s
        WHERE s.id = in_side AND s.live AND access.key(s.owner_unit_id, 'duty') = ANY (access.keys())) FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    UPDATE public.deconfliction_dangerside s SET acknowledged_by = access.agent(), acknowledged_at = clock_timestamp()
     WHERE s.id = in_side AND s.live AND s.acknowledged_at IS NULL;
    IF NOT FOUND THEN RETURN false; END IF;
    UPDATE public.deconfliction_danger d SET state = CASE WHEN EXISTS (SELECT 1 FROM public.deconfliction_dangerside s
        WHERE s.danger_id = d.id AND s.live AND s.acknowledged_at IS NULL) THEN 'ONE_ACKNOWLEDGED' ELSE 'ACKNOWLEDGED' END
     WHERE d.id = in_danger;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION deconfliction.acknowledge(uuid) TO recoupe_app;

-- Who has not acknowledged is told again: a notice that he has not opened comes up again, one that he has is left anew.
CREATE OR REPLACE FUNCTION deconfliction.repeat_dangers(now timestamptz, every interval) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE due uuid[] := ARRAY(SELECT s.id FROM public.deconfliction_dangerside s JOIN public.deconfliction_danger d ON d.id = s.danger_id
    WHERE s.live AND s.acknowledged_at IS NULL AND s.told_at <= now - every AND d.state <> 'CLOSED' AND d.ends_at > now
    ORDER BY s.told_at LIMIT 50 FOR UPDATE OF s SKIP LOCKED);
BEGIN
    IF due = '{}' THEN RETURN 0; END IF;
    PERFORM audit.record('combine', ARRAY(SELECT 'danger_side:' || s FROM unnest(due) AS s), '{}', '{"told": "danger"}', NULL, NULL);
    UPDATE public.deconfliction_dangerside s SET told_at = now, told_times = least(s.told_times + 1, 9999) WHERE s.id = ANY (due);
    INSERT INTO public.notices_notice AS n (id, key, kind, record_kind, record_id, at, due_at)
    SELECT gen_random_uuid(), k, 'danger', 'danger_side', s.id, clock_timestamp(), s.starts_at
      FROM public.deconfliction_dangerside s JOIN public.deconfliction_danger d ON d.id = s.danger_id,
           unnest(array_remove(s.readers, access.key(d.owner_unit_id, 'watch'))) AS k
     WHERE s.id = ANY (due)
    ON CONFLICT (key, record_id, kind) WHERE seen_at IS NULL DO UPDATE SET at = excluded.at, due_at = excluded.due_at;
    RETURN cardinality(due);
END $$;
-- The hour of both events has passed. Their screens knew it before: each reads the clock.
CREATE OR REPLACE FUNCTION deconfliction.end_dangers(now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE over uuid[] := ARRAY(SELECT d.id FROM public.deconfliction_danger d
    WHERE d.state <> 'CLOSED' AND d.ends_at <= now ORDER BY d.ends_at LIMIT 50 FOR UPDATE SKIP LOCKED);
BEGIN
    IF over = '{}' THEN RETURN 0; END IF;
    PERFORM audit.record('combine', ARRAY(SELECT 'danger:' || d FROM unnest(over) AS d), '{}', '{"told": "danger", "state": "CLOSED"}', NULL, NULL);
    UPDATE public.deconfliction_danger d SET state = 'CLOSED', closed_at = clock_timestamp() WHERE d.id = ANY (over);
    UPDATE public.deconfliction_dangerside s SET live = false WHERE s.danger_id = ANY (over);
    RETURN cardinality(over);
END $$;
GRANT EXECUTE ON FUNCTION deconfliction.repeat_dangers(timestamptz, interval), deconfliction.end_dangers(timestamptz) TO recoupe_worker;

-- The watch desk: its shifts and its lines, read by it alone and written by the functions below.
SELECT access.protect('deconfliction_watchshift');
SELECT access.protect('deconfliction_watchline');
REVOKE INSERT, UPDATE ON deconfliction_watchshift, deconfliction_watchline FROM recoupe_app, recoupe_worker;

-- The office for whose watch desk the context acts; nothing for anybody else.
CREATE OR REPLACE FUNCTION deconfliction.watched() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT u.id FROM public.reference_unit u
    WHERE u.id = ANY (access.units()) AND u.kind = 'office' AND access.key(u.id, 'watch') = ANY (access.keys()) $$;

-- A call (of which side, answered or not) or a note on a danger that stands. False where there is none.
CREATE OR REPLACE FUNCTION deconfliction.write_line(in_danger uuid, in_side uuid, in_reached boolean, in_text text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE office uuid := deconfliction.watched();
BEGIN
    IF office IS NULL OR (in_side IS NULL) <> (in_reached IS NULL) OR (in_side IS NULL AND btrim(in_text) = '') THEN RETURN false; END IF;
    INSERT INTO public.deconfliction_watchline (id, owner_unit_id, readers, created_at, danger_id, kind, side_id, reached, text, author_id, at)
    SELECT gen_random_uuid(), office, ARRAY[access.key(office, 'watch')], clock_timestamp(), d.id,
           CASE WHEN in_side IS NULL THEN 'note' ELSE 'call' END, in_side, in_reached, in_text, access.agent(), clock_timestamp()
      FROM public.deconfliction_danger d
     WHERE d.id = in_danger AND d.owner_unit_id = office AND d.state <> 'CLOSED'
       AND (in_side IS NULL OR EXISTS (SELECT 1 FROM public.deconfliction_dangerside s WHERE s.id = in_side AND s.danger_id = d.id));
    RETURN FOUND;
END $$;

-- Who holds the desk hands it over once he has left a note on each danger that stands.
CREATE OR REPLACE FUNCTION deconfliction.offer_watch() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE office uuid := deconfliction.watched();
BEGIN
    UPDATE public.deconfliction_watchshift w SET state = 'OFFERED', offered_at = clock_timestamp()
     WHERE w.owner_unit_id = office AND w.state = 'HELD' AND w.agent_id = access.agent()
       AND NOT EXISTS (SELECT 1 FROM public.deconfliction_danger d
            WHERE d.owner_unit_id = office AND d.state <> 'CLOSED' AND d.ends_at > clock_timestamp()
              AND NOT EXISTS (SELECT 1 FROM public.deconfliction_watchline l
                   WHERE l.danger_id = d.id AND l.kind = 'note' AND l.author_id = w.agent_id AND l.at >= w.since));
    RETURN FOUND;
END $$;

-- The next one takes over; from somebody who has not handed over, for a motive (life.NEEDS_MOTIVE).
CREATE OR REPLACE FUNCTION deconfliction.take_watch(in_motive text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE office uuid := deconfliction.watched(); held record;
BEGIN
    IF office IS NULL THEN RETURN false; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('recoupe watch'));
    SELECT w.id, w.agent_id, w.state INTO held FROM public.deconfliction_watchshift w
     WHERE w.owner_unit_id = office AND w.state <> 'ENDED';
    IF FOUND THEN
        IF held.agent_id = access.agent() OR (held.state = 'HELD' AND btrim(in_motive) = '') THEN RETURN false; END IF;
        UPDATE public.deconfliction_watchshift w SET state = 'ENDED', ended_at = clock_timestamp() WHERE w.id = held.id;
    END IF;
    INSERT INTO public.deconfliction_watchshift (id, owner_unit_id, readers, created_at, agent_id, state, since, motive)
    VALUES (gen_random_uuid(), office, ARRAY[access.key(office, 'watch')], clock_timestamp(), access.agent(), 'HELD', clock_timestamp(), in_motive);
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION deconfliction.watched() TO recoupe_definer;
GRANT EXECUTE ON FUNCTION deconfliction.write_line(uuid, uuid, boolean, text), deconfliction.offer_watch(), deconfliction.take_watch(text) TO recoupe_app;
