-- A notice is left by a process, or by an agent whom the room of its object lets tell that key: each room adds its policy
-- (tells_…) for its own kinds of object; without one, nobody is told anything.
GRANT INSERT (id, key, kind, record_kind, record_id, at, due_at) ON notices_notice TO recoupe_app, recoupe_worker;
DROP POLICY IF EXISTS anybody_tells ON notices_notice;
DROP POLICY IF EXISTS matcher_tells ON notices_notice;
CREATE POLICY matcher_tells ON notices_notice FOR INSERT TO recoupe_matcher WITH CHECK (true);
DROP POLICY IF EXISTS dated_now ON notices_notice;
CREATE POLICY dated_now ON notices_notice AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (at BETWEEN now() - interval '1 minute' AND clock_timestamp() + interval '1 minute');
