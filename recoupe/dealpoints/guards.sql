-- The cells of a point are told of it by whoever reads it; nobody else is.
DROP POLICY IF EXISTS tells_of_points ON notices_notice;
CREATE POLICY tells_of_points ON notices_notice FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (record_kind = 'dealpoint' AND kind LIKE 'dealpoint\_%' AND EXISTS (
        SELECT 1 FROM dealpoints_dealpoint p JOIN dealpoints_statechange c ON c.point_id = p.id AND c.step = p.steps
         WHERE p.id = notices_notice.record_id AND c.actor_id = (SELECT access.agent())
           AND EXISTS (SELECT 1 FROM unnest(p.cells) AS u WHERE notices_notice.key = access.key(u, 'cell'))));
