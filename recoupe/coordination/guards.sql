-- Whoever took the last step of an objective tells those of its cells, court and services whom the step concerns.
DROP POLICY IF EXISTS tells_of_objectives ON notices_notice;
CREATE POLICY tells_of_objectives ON notices_notice FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (record_kind = 'objective' AND kind LIKE 'objective\_%' AND EXISTS (
        SELECT 1 FROM coordination_objective o JOIN coordination_step s ON s.objective_id = o.id AND s.number = o.steps
         WHERE o.id = notices_notice.record_id AND s.actor_id = (SELECT access.agent())
           AND (EXISTS (SELECT 1 FROM unnest(o.cells) AS u WHERE notices_notice.key = access.key(u, 'cell'))
             OR (o.sent_at IS NOT NULL AND notices_notice.key = access.key(o.court_id, 'prosecutor'))
             OR EXISTS (SELECT 1 FROM unnest(o.lead_id || o.co_services) AS u WHERE notices_notice.key = access.key(u, 'head')))));

-- An objective is proposed under one's own unit, in a role that proposes one (P-14, P-81), and keeps its reference and its origin.
DROP POLICY IF EXISTS own_name ON coordination_objective;
CREATE POLICY own_name ON coordination_objective AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (owner_unit_id = ANY ((SELECT access.units())::uuid[])
        AND (SELECT access.writes_as('unit_head', 'cross_analyst', 'cross_head')));
CREATE OR REPLACE FUNCTION coordination.keep_proposal() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN RAISE EXCEPTION 'an objective keeps its reference and its origin' USING ERRCODE = 'insufficient_privilege'; END $$;
DROP TRIGGER IF EXISTS keep_proposal ON coordination_objective;
CREATE TRIGGER keep_proposal BEFORE UPDATE OF ref, origin_kind, origin_id ON coordination_objective FOR EACH ROW
    WHEN ((OLD.ref, OLD.origin_kind, OLD.origin_id) IS DISTINCT FROM (NEW.ref, NEW.origin_kind, NEW.origin_id))
    EXECUTE FUNCTION coordination.keep_proposal();

-- Who reads an objective follows from its unit, its cells, its court once it is sent there, and the services that lead it.
CREATE OR REPLACE FUNCTION coordination.keep_readers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE today date := (now() AT TIME ZONE 'Europe/Paris')::date;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.owner_unit_id <> OLD.owner_unit_id THEN
        RAISE EXCEPTION 'an objective keeps its unit' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.readers := ARRAY(
        SELECT access.key(u.id, CASE u.kind WHEN 'cross' THEN 'cell' WHEN 'office' THEN 'office' ELSE 'unit' END)
          FROM public.reference_unit u WHERE u.id = NEW.owner_unit_id
        UNION SELECT access.key(c, 'cell') FROM unnest(NEW.cells) AS c
        UNION SELECT access.key(s, 'unit') FROM unnest(NEW.lead_id || NEW.co_services) AS s WHERE NEW.lead_id IS NOT NULL
        UNION SELECT access.key(NEW.court_id, 'prosecutor') WHERE NEW.sent_at IS NOT NULL
        UNION (SELECT access.key(u.id, 'office') FROM public.reference_unit u WHERE u.kind = 'office'
                  AND coalesce(u.opens_on, u.valid_from, '-infinity') <= today AND coalesce(u.valid_to, 'infinity') >= today
                ORDER BY u.code LIMIT 1));
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_readers ON coordination_objective;
CREATE TRIGGER keep_readers BEFORE INSERT OR UPDATE ON coordination_objective FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION coordination.keep_readers();

-- Who reads an objective that was proposed from a hit is told that the hit is withdrawn: he decides what becomes of it.
CREATE OR REPLACE FUNCTION coordination.tell_withdrawn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
    SELECT gen_random_uuid(), k, 'objective_ground_withdrawn', 'objective', o.id, clock_timestamp()
      FROM public.coordination_objective o, unnest(o.readers) AS k
     WHERE o.origin_kind = 'hit' AND o.origin_id = NEW.id ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS tell_withdrawn ON crosscheck_hitside;
CREATE TRIGGER tell_withdrawn AFTER UPDATE OF state ON crosscheck_hitside FOR EACH ROW
    WHEN (NEW.state = 'ANALYST_REVIEW' AND OLD.state <> 'ANALYST_REVIEW') EXECUTE FUNCTION coordination.tell_withdrawn();
-- The objectives that were proposed from these sides between two moments: to who oversees, else to who reads them.
CREATE OR REPLACE FUNCTION coordination.touched_by(sides uuid[], since timestamptz, until timestamptz)
RETURNS TABLE (id uuid, unit uuid, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT DISTINCT o.id, u, o.created_at FROM public.coordination_objective o, unnest(ARRAY[o.owner_unit_id, o.lead_id]) AS u
    WHERE o.origin_kind = 'hit' AND o.origin_id = ANY (sides) AND o.created_at >= since AND o.created_at < until
      AND u IS NOT NULL AND (audit.oversees() OR o.readers && access.keys()) $$;
GRANT EXECUTE ON FUNCTION coordination.touched_by(uuid[], timestamptz, timestamptz) TO recoupe_app;
