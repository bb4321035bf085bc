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
        AND counts_for_id = point_id AND EXISTS (SELECT 1 FROM dealpoints_dealpoint p WHERE p.id = point_id)
        AND EXISTS (SELECT 1 FROM intelligence_report r
                     WHERE r.id = record_id AND r.owner_unit_id = dealpoints_evidence.owner_unit_id));
-- Nothing of it is ever changed by who works: the base itself lets it follow a point that is merged, and come back.
REVOKE UPDATE ON dealpoints_evidence FROM recoupe_app, recoupe_worker;
DROP POLICY IF EXISTS known_point ON dealpoints_evidence;
DROP TRIGGER IF EXISTS keep_record ON dealpoints_evidence;
DROP FUNCTION IF EXISTS dealpoints.keep_record();
DROP TRIGGER IF EXISTS follow_merged ON dealpoints_evidence;
DROP FUNCTION IF EXISTS dealpoints.follow_merged();

-- What speaks for a point is read by the cells of where that point lives on, as long as it does: each merger is a link of a chain, and
-- each that is undone leaves what was merged below it in its place.
CREATE OR REPLACE FUNCTION dealpoints.evidence_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    WITH RECURSIVE below AS (
        SELECT NEW.id AS id
        UNION SELECT p.id FROM public.dealpoints_dealpoint p JOIN below b ON p.merged_into_id = b.id WHERE p.state = 'MERGED'),
    chain AS (
        SELECT b.id AS start, p.id, p.cells, CASE p.state WHEN 'MERGED' THEN p.merged_into_id END AS next
          FROM below b JOIN public.dealpoints_dealpoint p ON p.id = b.id
        UNION SELECT c.start, p.id, p.cells, CASE p.state WHEN 'MERGED' THEN p.merged_into_id END
          FROM chain c JOIN public.dealpoints_dealpoint p ON p.id = c.next),
    left_behind AS (
        SELECT p.id, p.cells, CASE p.state WHEN 'MERGED' THEN p.merged_into_id END AS next
          FROM public.dealpoints_dealpoint p WHERE OLD.state = 'MERGED' AND p.id = OLD.merged_into_id
        UNION SELECT p.id, p.cells, CASE p.state WHEN 'MERGED' THEN p.merged_into_id END
          FROM left_behind l JOIN public.dealpoints_dealpoint p ON p.id = l.next),
    gone AS (SELECT DISTINCT access.key(c, 'cell') AS key FROM left_behind l, unnest(l.cells) AS c),
    standing AS (
        SELECT c.start, (array_agg(c.id) FILTER (WHERE c.next IS NULL))[1] AS root,
               ARRAY(SELECT DISTINCT access.key(u, 'cell') FROM chain d, unnest(d.cells) AS u WHERE d.start = c.start) AS cells
          FROM chain c GROUP BY c.start)
    UPDATE public.dealpoints_evidence e
       SET counts_for_id = s.root,
           readers = ARRAY(
               (SELECT k FROM unnest(e.readers) AS k EXCEPT SELECT g.key FROM gone g)
               UNION SELECT unnest(s.cells)
               UNION SELECT access.key(u.id, CASE u.kind WHEN 'cross' THEN 'cell' WHEN 'office' THEN 'office' ELSE 'unit' END)
                 FROM public.reference_unit u WHERE u.id IN (e.owner_unit_id, e.brought_by_id)
               ORDER BY 1)
      FROM standing s WHERE e.point_id = s.start;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS evidence_follows ON dealpoints_dealpoint;
CREATE TRIGGER evidence_follows AFTER UPDATE OF state, merged_into_id ON dealpoints_dealpoint FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND 'MERGED' IN (OLD.state, NEW.state)) EXECUTE FUNCTION dealpoints.evidence_follows();

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
