-- A point is read by its territory; it is changed by its cells alone, whatever the application asks.
SELECT access.protect('dealpoints_dealpoint');
DROP POLICY IF EXISTS cells_change ON dealpoints_dealpoint;
CREATE POLICY cells_change ON dealpoints_dealpoint AS RESTRICTIVE FOR UPDATE TO recoupe_app, recoupe_worker
    USING (cells = '{}' OR EXISTS (SELECT 1 FROM unnest(cells) AS c
                    WHERE access.key(c, 'cell') = ANY ((SELECT access.keys())::bigint[])));

-- Which unit brought what: its own unit, the cells and the office.
SELECT access.protect('dealpoints_evidence');

-- History is written once: no change, no deletion.
SELECT access.protect_child('dealpoints_statechange', 'point_id', 'dealpoints_dealpoint');
REVOKE UPDATE ON dealpoints_statechange FROM recoupe_app, recoupe_worker;
