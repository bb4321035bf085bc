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
