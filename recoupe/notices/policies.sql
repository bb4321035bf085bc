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
