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

-- By reader key, the transactions that changed a point which that key reads: what a process keeps of the map stands as long as none is
-- added. A change that one does not read is no line of one's own (R-26). Lines of a day ago are worth nothing.
CALL access.shield('dealpoints_tick');
CREATE OR REPLACE FUNCTION dealpoints.tick() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    told bigint[];
BEGIN
    IF TG_TABLE_NAME = 'dealpoints_statechange' THEN
        told := ARRAY(SELECT DISTINCT k FROM fresh c JOIN public.dealpoints_dealpoint p ON p.id = c.point_id, unnest(p.readers) AS k);
    ELSIF TG_OP = 'INSERT' THEN
        told := ARRAY(SELECT DISTINCT k FROM fresh n, unnest(n.readers) AS k);
    ELSIF TG_OP = 'DELETE' THEN
        told := ARRAY(SELECT DISTINCT k FROM former o, unnest(o.readers) AS k);
    ELSE
        told := ARRAY(SELECT k FROM fresh n, unnest(n.readers) AS k UNION SELECT k FROM former o, unnest(o.readers) AS k);
    END IF;
    INSERT INTO public.dealpoints_tick AS t (key, xid, at, mark)
    SELECT k, pg_current_xact_id()::text::bigint, now(), hashtextextended(gen_random_uuid()::text, k) FROM unnest(told) AS k
        ON CONFLICT (key, xid) DO UPDATE SET at = excluded.at, mark = excluded.mark WHERE t.at <> excluded.at;
    IF FOUND THEN
        DELETE FROM public.dealpoints_tick t USING (
            SELECT o.key, o.xid FROM public.dealpoints_tick o WHERE o.key = ANY (told) AND o.at < now() - interval '1 day'
             LIMIT 1000 FOR UPDATE SKIP LOCKED) AS past
         WHERE t.key = past.key AND t.xid = past.xid;
    END IF;
    RETURN NULL;
END $$;
DO $$
DECLARE
    verb text;
    tables CONSTANT jsonb := '{"INSERT": "NEW TABLE AS fresh", "UPDATE": "OLD TABLE AS former NEW TABLE AS fresh", "DELETE": "OLD TABLE AS former"}';
BEGIN
    FOR verb IN SELECT jsonb_object_keys(tables) LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS tick_%s ON dealpoints_dealpoint', lower(verb));
        EXECUTE format('CREATE TRIGGER tick_%s AFTER %s ON dealpoints_dealpoint REFERENCING %s
            FOR EACH STATEMENT EXECUTE FUNCTION dealpoints.tick()', lower(verb), verb, tables ->> verb);
    END LOOP;
    FOREACH verb IN ARRAY ARRAY['INSERT', 'UPDATE'] LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS tick_%s ON dealpoints_statechange', lower(verb));
        EXECUTE format('CREATE TRIGGER tick_%s AFTER %s ON dealpoints_statechange REFERENCING NEW TABLE AS fresh
            FOR EACH STATEMENT EXECUTE FUNCTION dealpoints.tick()', lower(verb), verb);
    END LOOP;
END $$;

-- Which of one's keys decide what one reads of the points (those that some point carries), and what was last changed under them: two
-- agents with the same answer read the same points. In this very base: another one starts anew. No version while one changes a point.
CREATE OR REPLACE FUNCTION dealpoints.entitlement() RETURNS TABLE (entitled text, version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT encode(sha256(convert_to(concat_ws(':', (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()), e.keys), 'UTF8')), 'hex'),
          CASE WHEN NOT EXISTS (SELECT 1 FROM public.dealpoints_tick t
                   WHERE t.key = ANY (e.keys) AND t.xid = pg_current_xact_id_if_assigned()::text::bigint)
               THEN coalesce((SELECT bit_xor(t.mark) FROM public.dealpoints_tick t WHERE t.key = ANY (e.keys)), 0) END
     FROM (SELECT ARRAY(SELECT k FROM unnest(access.keys()) AS k
            WHERE EXISTS (SELECT 1 FROM public.access_feed f WHERE f.key = k AND f.kind = 4) ORDER BY k) AS keys) e $$;
GRANT EXECUTE ON FUNCTION dealpoints.entitlement() TO recoupe_app;
