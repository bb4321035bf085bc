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
