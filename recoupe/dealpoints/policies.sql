-- A point is read by its territory; it is changed by its cells alone, whatever the application asks.
SELECT access.protect('dealpoints_dealpoint');
DROP POLICY IF EXISTS cells_change ON dealpoints_dealpoint;
CREATE POLICY cells_change ON dealpoints_dealpoint AS RESTRICTIVE FOR UPDATE TO recoupe_app, recoupe_worker
    USING ((cells = '{}' AND (SELECT access.has_role('ofast_analyst'))) OR EXISTS (SELECT 1 FROM unnest(cells) AS c
                    WHERE access.key(c, 'cell') = ANY ((SELECT access.keys())::bigint[])));

-- Which unit brought what: its own unit, the cells and the office.
SELECT access.protect('dealpoints_evidence');

DROP FUNCTION IF EXISTS dealpoints.join_evidence(uuid, uuid);

-- History is written once: no change, no deletion.
SELECT access.protect_child('dealpoints_statechange', 'point_id', 'dealpoints_dealpoint');
REVOKE UPDATE ON dealpoints_statechange FROM recoupe_app, recoupe_worker;
-- A change is signed by whoever acts; the first one by the proposer, the others by the cells of the point.
DROP POLICY IF EXISTS cells_sign ON dealpoints_statechange;
CREATE POLICY cells_sign ON dealpoints_statechange AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (actor_id = (SELECT access.agent()) AND EXISTS (SELECT 1 FROM dealpoints_dealpoint p WHERE p.id = point_id
        AND ((p.cells = '{}' AND (SELECT access.has_role('ofast_analyst'))) OR (step = 1 AND p.proposed_by_id = actor_id)
            OR EXISTS (SELECT 1 FROM unnest(p.cells) AS c WHERE access.key(c, 'cell') = ANY ((SELECT access.keys())::bigint[])))));

-- The list follows the readers of the rows: nobody lists, or takes off the list, anything else.
CREATE OR REPLACE FUNCTION dealpoints.relist(in_point uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ DELETE FROM public.access_feed f WHERE f.id = in_point AND f.kind = 4;
   INSERT INTO public.access_feed (kind, key, at, id)
   SELECT DISTINCT 4, k, p.created_at, p.id FROM public.dealpoints_dealpoint p, unnest(p.readers) AS k WHERE p.id = in_point $$;
GRANT EXECUTE ON FUNCTION dealpoints.relist(uuid) TO recoupe_app, recoupe_worker;

-- The officer for data protection is handed a reference; he is told under which identifier the journal keeps it, no more.
CREATE OR REPLACE FUNCTION dealpoints.identified(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.id FROM public.dealpoints_dealpoint r WHERE audit.oversees() AND r.ref = wanted AND wanted <> '' $$;
GRANT EXECUTE ON FUNCTION dealpoints.identified(text) TO recoupe_app;
