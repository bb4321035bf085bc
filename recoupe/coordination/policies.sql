-- An objective is read by its keys; it is changed by its cells, its court's prosecutors and its lead service alone.
SELECT access.protect('coordination_objective');
DROP POLICY IF EXISTS deciders_change ON coordination_objective;
CREATE POLICY deciders_change ON coordination_objective AS RESTRICTIVE FOR UPDATE TO recoupe_app, recoupe_worker
    USING ((cells = '{}' AND (SELECT access.has_role('ofast_analyst')))
        OR access.key(court_id, 'prosecutor') = ANY ((SELECT access.keys())::bigint[])
        OR access.key(lead_id, 'unit') = ANY ((SELECT access.keys())::bigint[])
        OR access.key(joint_lead_id, 'unit') = ANY ((SELECT access.keys())::bigint[])
        OR EXISTS (SELECT 1 FROM unnest(cells) AS c WHERE access.key(c, 'cell') = ANY ((SELECT access.keys())::bigint[])));

-- A decision is written by a prosecutor of the objective's own court, whatever the application asks, and once.
SELECT access.protect_child('coordination_decision', 'objective_id', 'coordination_objective');
REVOKE UPDATE ON coordination_decision FROM recoupe_app, recoupe_worker;
DROP POLICY IF EXISTS prosecutors_decide ON coordination_decision;
CREATE POLICY prosecutors_decide ON coordination_decision AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (decided_by_id = (SELECT access.agent())
        AND access.key(court_id, 'prosecutor') = ANY ((SELECT access.keys())::bigint[])
        AND EXISTS (SELECT 1 FROM coordination_objective o
                     WHERE o.id = objective_id AND o.court_id = coordination_decision.court_id
                       AND o.state = 'TO_PROSECUTOR'));

SELECT access.protect_child('coordination_step', 'objective_id', 'coordination_objective');
REVOKE UPDATE ON coordination_step FROM recoupe_app, recoupe_worker;

-- Nothing is validated or allocated on a decision that refused, or that was taken on another objective or elsewhere.
CREATE OR REPLACE FUNCTION coordination.demand_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.decision_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM public.coordination_decision d WHERE d.id = NEW.decision_id AND d.objective_id = NEW.id
           AND d.court_id = NEW.court_id AND d.verdict = 'validated') THEN
        RAISE EXCEPTION 'no validating decision of the competent court' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS demand_decision ON coordination_objective;
CREATE TRIGGER demand_decision BEFORE INSERT OR UPDATE OF decision_id, court_id, state ON coordination_objective
    FOR EACH ROW EXECUTE FUNCTION coordination.demand_decision();

-- A step is signed by whoever acts, and taken by those who may change the objective.
DROP POLICY IF EXISTS deciders_step ON coordination_step;
CREATE POLICY deciders_step ON coordination_step AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (actor_id = (SELECT access.agent()) AND EXISTS (SELECT 1 FROM coordination_objective o WHERE o.id = objective_id
        AND ((o.cells = '{}' AND (SELECT access.has_role('ofast_analyst'))) OR (number = 1 AND o.proposed_by_id = actor_id)
            OR access.key(o.court_id, 'prosecutor') = ANY ((SELECT access.keys())::bigint[])
            OR access.key(o.lead_id, 'unit') = ANY ((SELECT access.keys())::bigint[])
            OR access.key(o.joint_lead_id, 'unit') = ANY ((SELECT access.keys())::bigint[])
            OR EXISTS (SELECT 1 FROM unnest(o.cells) AS c WHERE access.key(c, 'cell') = ANY ((SELECT access.keys())::bigint[])))));

CALL access.follow_in_list('coordination_objective', 5::smallint, 'created_at');
DROP FUNCTION IF EXISTS coordination.relist(uuid);

-- The officer for data protection is handed a reference; he is told under which identifier the journal keeps it, no more.
CREATE OR REPLACE FUNCTION coordination.identified(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.id FROM public.coordination_objective r WHERE audit.oversees() AND r.ref = wanted AND wanted <> '' $$;
GRANT EXECUTE ON FUNCTION coordination.identified(text) TO recoupe_app;

-- The head of a unit sees who opened what his unit holds and he reads, not who opened what others hold (P-88).
CREATE OR REPLACE FUNCTION coordination.reads_of_own(since timestamptz, before timestamptz, only_id uuid, n integer)
RETURNS TABLE (at timestamptz, unit uuid, purpose text, operation text, record uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    own uuid[] := access.units();
    opened uuid[] := CASE WHEN only_id IS NULL THEN audit.opened('objective', since, before) END;
BEGIN
    RETURN QUERY SELECT r.* FROM audit.reads_of('objective', ARRAY(SELECT o.id FROM public.coordination_objective o
        WHERE o.owner_unit_id = ANY (own) AND o.readers && access.keys()
          AND (only_id IS NULL OR o.id = only_id) AND (opened IS NULL OR o.id = ANY (opened))
          AND access.works_as('unit_head', 'cross_head')), since, before, n) AS r;
END $$;
GRANT EXECUTE ON FUNCTION coordination.reads_of_own(timestamptz, timestamptz, uuid, integer) TO recoupe_app;

-- After an operation: a check is made by the base alone; answers, measures and their steps are added, never changed.
SELECT access.protect_child('coordination_check', 'point_id', 'dealpoints_dealpoint');
REVOKE INSERT, UPDATE ON coordination_check FROM recoupe_app, recoupe_worker;
SELECT access.protect_child('coordination_answer', 'check_id', 'coordination_check');
REVOKE UPDATE ON coordination_answer FROM recoupe_app, recoupe_worker;
SELECT access.protect_child('coordination_measure', 'point_id', 'dealpoints_dealpoint');
REVOKE UPDATE ON coordination_measure FROM recoupe_app, recoupe_worker;
SELECT access.protect_child('coordination_measurestep', 'measure_id', 'coordination_measure');
REVOKE UPDATE ON coordination_measurestep FROM recoupe_app, recoupe_worker;

-- An answer is signed by whoever acts, an officer of the point's territory or its cell.
DROP POLICY IF EXISTS officers_answer ON coordination_answer;
CREATE POLICY officers_answer ON coordination_answer AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (actor_id = (SELECT access.agent())
        AND (SELECT access.writes_as('investigator', 'unit_head', 'cross_analyst', 'cross_head', 'ofast_analyst'))
        AND EXISTS (SELECT 1 FROM coordination_check k JOIN dealpoints_dealpoint p ON p.id = k.point_id
             WHERE k.id = check_id AND ((p.cells = '{}' AND (SELECT access.has_role('ofast_analyst'))) OR EXISTS (
                   SELECT 1 FROM unnest(p.cells) AS c WHERE access.key(c, 'cell') = ANY ((SELECT access.keys())::bigint[])
                       OR access.key(c, 'territory') = ANY ((SELECT access.keys())::bigint[])))));

-- A plan of return is made by the cells of the point, or by the service that leads an objective on it; a measure is brought
-- further by them and by the service that answers for it.
CREATE OR REPLACE FUNCTION coordination.makes_plan(of uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM public.dealpoints_dealpoint p WHERE p.id = of
        AND ((p.cells = '{}' AND access.has_role('ofast_analyst')) OR EXISTS (SELECT 1 FROM unnest(p.cells) AS c
                 WHERE access.key(c, 'cell') = ANY (access.keys()))))
    OR EXISTS (SELECT 1 FROM public.coordination_objective o WHERE o.origin_kind = 'dealpoint' AND o.origin_id = of
        AND o.lead_id IS NOT NULL AND o.state IN ('ALLOCATED', 'UNDER_INVESTIGATION', 'SUSPENDED', 'OPERATION_PLANNED', 'EXECUTED',
            'JUDICIAL_OUTCOME', 'FOLLOW_UP')
        AND (access.key(o.lead_id, 'unit') = ANY (access.keys()) OR access.key(o.joint_lead_id, 'unit') = ANY (access.keys()))) $$;
GRANT EXECUTE ON FUNCTION coordination.makes_plan(uuid) TO recoupe_app, recoupe_worker;
DROP POLICY IF EXISTS openers_plan ON coordination_measure;
CREATE POLICY openers_plan ON coordination_measure AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK ((SELECT access.writes_as('investigator', 'unit_head', 'cross_analyst', 'cross_head', 'ofast_analyst'))
        AND coordination.makes_plan(point_id));
DROP POLICY IF EXISTS keepers_step ON coordination_measurestep;
CREATE POLICY keepers_step ON coordination_measurestep AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (actor_id = (SELECT access.agent())
        AND (SELECT access.writes_as('investigator', 'unit_head', 'cross_analyst', 'cross_head', 'ofast_analyst'))
        AND EXISTS (SELECT 1 FROM coordination_measure m WHERE m.id = measure_id AND (coordination.makes_plan(m.point_id)
             OR (m.owner_id IS NOT NULL AND access.key(m.owner_id, 'unit') = ANY ((SELECT access.keys())::bigint[])))));

-- The deadlines of what an agent's own unit leads, for his reminders (notices.reminders_of): days, never of what.
CREATE OR REPLACE FUNCTION coordination.terms_for(in_keys bigint[], in_units uuid[]) RETURNS TABLE (due timestamptz, whole_day boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT o.deadline::timestamp AT TIME ZONE 'Europe/Paris', true FROM public.coordination_objective o
    WHERE (o.lead_id = ANY (in_units) OR o.joint_lead_id = ANY (in_units)) AND o.readers && in_keys
      AND o.state IN ('ALLOCATED', 'UNDER_INVESTIGATION', 'SUSPENDED', 'OPERATION_PLANNED') $$;
