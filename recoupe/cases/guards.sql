-- A magistrate is told that a procedure is his, or no longer his, by the head who has just decided it.
DROP POLICY IF EXISTS tells_of_cases ON notices_notice;
CREATE POLICY tells_of_cases ON notices_notice FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (record_kind = 'case' AND kind IN ('case_given', 'case_taken') AND EXISTS (
        SELECT 1 FROM cases_magistratechange c WHERE c.case_id = notices_notice.record_id AND c.actor_id = (SELECT access.agent())
           AND notices_notice.key = access.key(CASE notices_notice.kind WHEN 'case_given' THEN c.magistrate_id ELSE c.former_id END, 'agent')));
