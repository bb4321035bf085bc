-- Whoever took the last step of an objective tells those of its cells, court and services whom the step concerns.
DROP POLICY IF EXISTS tells_of_objectives ON notices_notice;
CREATE POLICY tells_of_objectives ON notices_notice FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (record_kind = 'objective' AND kind LIKE 'objective\_%' AND EXISTS (
        SELECT 1 FROM coordination_objective o JOIN coordination_step s ON s.objective_id = o.id AND s.number = o.steps
         WHERE o.id = notices_notice.record_id AND s.actor_id = (SELECT access.agent())
           AND (EXISTS (SELECT 1 FROM unnest(o.cells) AS u WHERE notices_notice.key = access.key(u, 'cell'))
             OR (o.sent_at IS NOT NULL AND notices_notice.key = access.key(o.court_id, 'prosecutor'))
             OR EXISTS (SELECT 1 FROM unnest(o.lead_id || o.co_services) AS u WHERE notices_notice.key = access.key(u, 'head')))));

-- An objective is proposed under one's own unit, and keeps its reference and its origin.
DROP POLICY IF EXISTS own_name ON coordination_objective;
CREATE POLICY own_name ON coordination_objective AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (owner_unit_id = ANY ((SELECT access.units())::uuid[]));
CREATE OR REPLACE FUNCTION coordination.keep_proposal() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN RAISE EXCEPTION 'an objective keeps its reference and its origin' USING ERRCODE = 'insufficient_privilege'; END $$;
DROP TRIGGER IF EXISTS keep_proposal ON coordination_objective;
CREATE TRIGGER keep_proposal BEFORE UPDATE OF ref, origin_kind, origin_id ON coordination_objective FOR EACH ROW
    WHEN ((OLD.ref, OLD.origin_kind, OLD.origin_id) IS DISTINCT FROM (NEW.ref, NEW.origin_kind, NEW.origin_id))
    EXECUTE FUNCTION coordination.keep_proposal();
