-- The cells of a point are told of it by whoever reads it; nobody else is.
DROP POLICY IF EXISTS tells_of_points ON notices_notice;
CREATE POLICY tells_of_points ON notices_notice FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (record_kind = 'dealpoint' AND kind LIKE 'dealpoint\_%' AND EXISTS (
        SELECT 1 FROM dealpoints_dealpoint p JOIN dealpoints_statechange c ON c.point_id = p.id AND c.step = p.steps
         WHERE p.id = notices_notice.record_id AND c.actor_id = (SELECT access.agent())
           AND EXISTS (SELECT 1 FROM unnest(p.cells) AS u WHERE notices_notice.key = access.key(u, 'cell'))));

-- A point is entered under one's own unit, in a role that proposes one (P-14, P-81); what is attached to it is a report that one reads, to a point that one reads.
DROP POLICY IF EXISTS own_name ON dealpoints_dealpoint;
CREATE POLICY own_name ON dealpoints_dealpoint AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (owner_unit_id = ANY ((SELECT access.units())::uuid[]) AND (SELECT access.writes_as(
        'investigator', 'unit_head', 'cross_analyst', 'cross_head', 'ofast_analyst')));
DROP POLICY IF EXISTS known_both ON dealpoints_evidence;
CREATE POLICY known_both ON dealpoints_evidence AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (record_kind = 'report' AND brought_by_id = ANY ((SELECT access.units())::uuid[])
        AND EXISTS (SELECT 1 FROM dealpoints_dealpoint p WHERE p.id = point_id)
        AND EXISTS (SELECT 1 FROM intelligence_report r
                     WHERE r.id = record_id AND r.owner_unit_id = dealpoints_evidence.owner_unit_id));
-- It goes with a point that is merged, by whoever merges it, to where that point lives on; nothing else of it ever changes.
REVOKE UPDATE ON dealpoints_evidence FROM recoupe_app, recoupe_worker;
GRANT UPDATE (point_id, readers) ON dealpoints_evidence TO recoupe_app;
DROP POLICY IF EXISTS known_point ON dealpoints_evidence;
CREATE POLICY known_point ON dealpoints_evidence AS RESTRICTIVE FOR UPDATE TO recoupe_app, recoupe_worker
    USING (EXISTS (SELECT 1 FROM dealpoints_dealpoint p WHERE p.id = point_id AND p.state = 'MERGED'
        AND ((p.cells = '{}' AND (SELECT access.has_role('ofast_analyst'))) OR EXISTS (SELECT 1 FROM unnest(p.cells) AS c
              WHERE access.key(c, 'cell') = ANY ((SELECT access.keys())::bigint[])))))
    WITH CHECK (EXISTS (SELECT 1 FROM dealpoints_dealpoint p WHERE p.id = point_id));
DROP TRIGGER IF EXISTS keep_record ON dealpoints_evidence;
DROP FUNCTION IF EXISTS dealpoints.keep_record();
CREATE OR REPLACE FUNCTION dealpoints.follow_merged() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.dealpoints_dealpoint p WHERE p.id = OLD.point_id AND p.merged_into_id = NEW.point_id) THEN
        RAISE EXCEPTION 'evidence goes where its point lives on' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS follow_merged ON dealpoints_evidence;
CREATE TRIGGER follow_merged BEFORE UPDATE OF point_id, readers ON dealpoints_evidence FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION dealpoints.follow_merged();

-- A point keeps its reference, and lives on in one that whoever says so reads.
CREATE OR REPLACE FUNCTION dealpoints.check_point() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.ref <> OLD.ref OR (NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id AND NEW.merged_into_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM public.dealpoints_dealpoint p WHERE p.id = NEW.merged_into_id)) THEN
        RAISE EXCEPTION 'a point keeps its reference and lives on in a known one' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS check_point ON dealpoints_dealpoint;
CREATE TRIGGER check_point BEFORE UPDATE OF ref, merged_into_id ON dealpoints_dealpoint FOR EACH ROW
    WHEN ((OLD.ref, OLD.merged_into_id) IS DISTINCT FROM (NEW.ref, NEW.merged_into_id))
    EXECUTE FUNCTION dealpoints.check_point();

-- Who reads a point, or what speaks for it, stays within its unit, its cells and their territory, the office, the courts of
-- its commune; who attached a record reads it too.
CREATE OR REPLACE FUNCTION dealpoints.bound_readers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    said jsonb := to_jsonb(NEW);
    of_point uuid := coalesce((said ->> 'point_id')::uuid, NEW.id);
    cells uuid[];
    most bigint[];
BEGIN
    IF TG_TABLE_NAME = 'dealpoints_dealpoint' THEN
        cells := ARRAY(SELECT jsonb_array_elements_text(said -> 'cells')::uuid);
        most := ARRAY(SELECT access.key(c, 'territory') FROM unnest(cells) AS c
            UNION SELECT access.key(a.court_id, 'prosecutor') FROM public.reference_courtarea a
                   WHERE a.commune_id = said ->> 'commune_code'
            UNION SELECT access.key(u.id, 'prosecutor') FROM public.reference_unit u WHERE u.kind = 'specialised_court'
                     AND u.departments && ARRAY(SELECT jsonb_array_elements_text(said -> 'departments'))::varchar[]);
    ELSE
        SELECT p.cells INTO cells FROM public.dealpoints_dealpoint p WHERE p.id = of_point AND p.readers && access.keys();
        -- A point that one does not read is refused by the policy, in the words of one that does not exist (R-24).
        IF NOT FOUND THEN RETURN NEW; END IF;
    END IF;
    most := coalesce(most, '{}') || ARRAY(
        SELECT access.key(c, 'cell') FROM unnest(cells) AS c
        UNION SELECT access.key(u.id, CASE u.kind WHEN 'cross' THEN 'cell' WHEN 'office' THEN 'office' ELSE 'unit' END)
          FROM public.reference_unit u
         WHERE u.id = NEW.owner_unit_id OR u.id = ANY (access.units()) OR u.kind = 'office');
    IF NOT NEW.readers <@ most THEN
        RAISE EXCEPTION 'the rule says who reads it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['dealpoints_dealpoint', 'dealpoints_evidence'] LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS bound_readers ON %I', t);
        EXECUTE format('CREATE TRIGGER bound_readers BEFORE INSERT OR UPDATE OF readers ON %I FOR EACH ROW
            WHEN (current_user IN (''recoupe_app'', ''recoupe_worker'')) EXECUTE FUNCTION dealpoints.bound_readers()', t);
    END LOOP;
END $$;
