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

-- A price is written once too, by whoever may bring a record to the point (P-70), in his own name.
SELECT access.protect_child('dealpoints_price', 'point_id', 'dealpoints_dealpoint');
REVOKE UPDATE ON dealpoints_price FROM recoupe_app, recoupe_worker;
DROP POLICY IF EXISTS contributors_observe ON dealpoints_price;
CREATE POLICY contributors_observe ON dealpoints_price AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (actor_id = (SELECT access.agent()) AND (SELECT access.writes_as(
        'investigator', 'unit_head', 'cross_analyst', 'cross_head', 'ofast_analyst'))
        AND EXISTS (SELECT 1 FROM dealpoints_dealpoint p WHERE p.id = point_id));

CALL access.follow_in_list('dealpoints_dealpoint', 4::smallint, 'created_at');
DROP FUNCTION IF EXISTS dealpoints.relist(uuid);

-- The officer for data protection is handed a reference; he is told under which identifier the journal keeps it, no more.
CREATE OR REPLACE FUNCTION dealpoints.identified(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.id FROM public.dealpoints_dealpoint r WHERE audit.oversees() AND r.ref = wanted AND wanted <> '' $$;
GRANT EXECUTE ON FUNCTION dealpoints.identified(text) TO recoupe_app;

-- The head of a unit sees who opened what his unit holds and he reads, not who opened what others hold (P-88).
CREATE OR REPLACE FUNCTION dealpoints.reads_of_own(since timestamptz, before timestamptz, only_id uuid, n integer)
RETURNS TABLE (at timestamptz, unit uuid, purpose text, operation text, record uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    own uuid[] := access.units();
    opened uuid[] := CASE WHEN only_id IS NULL THEN audit.opened('dealpoint', since, before) END;
BEGIN
    RETURN QUERY SELECT r.* FROM audit.reads_of('dealpoint', ARRAY(SELECT o.id FROM public.dealpoints_dealpoint o
        WHERE o.owner_unit_id = ANY (own) AND o.readers && access.keys()
          AND (only_id IS NULL OR o.id = only_id) AND (opened IS NULL OR o.id = ANY (opened))
          AND access.works_as('unit_head', 'cross_head')), since, before, n) AS r;
END $$;
GRANT EXECUTE ON FUNCTION dealpoints.reads_of_own(timestamptz, timestamptz, uuid, integer) TO recoupe_app;
