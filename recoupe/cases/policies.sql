-- Procedures: read by their unit, their magistrate in charge and the prosecutor's office of their court.
SELECT access.protect('cases_case');
-- Its own unit alone opens it and changes it.
DROP POLICY IF EXISTS unit_opens ON cases_case;
CREATE POLICY unit_opens ON cases_case AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (owner_unit_id = ANY ((SELECT access.units())::uuid[]));
DROP POLICY IF EXISTS unit_changes ON cases_case;
CREATE POLICY unit_changes ON cases_case AS RESTRICTIVE FOR UPDATE TO recoupe_app, recoupe_worker
    USING (owner_unit_id = ANY ((SELECT access.units())::uuid[]))
    WITH CHECK (owner_unit_id = ANY ((SELECT access.units())::uuid[]));

-- Who reads a procedure follows from its unit, its magistrate and its court: nobody writes it. Who directs it is a
-- magistrate of that court, and after its opening the head of the unit alone names another one (S-6).
CREATE OR REPLACE FUNCTION cases.keep_case() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    directs text := CASE WHEN NEW.legal_framework = 'commission' THEN 'examining_judge' ELSE 'prosecutor' END;
    renamed boolean := TG_OP = 'INSERT';
BEGIN
    NEW.readers := ARRAY[access.key(NEW.owner_unit_id, 'unit'), access.own_key(NEW.magistrate_id, NEW.court_id),
                         access.key(NEW.court_id, 'prosecutor')];
    IF TG_OP = 'UPDATE' THEN
        renamed := (NEW.magistrate_id, NEW.court_id, NEW.legal_framework::text)
            IS DISTINCT FROM (OLD.magistrate_id, OLD.court_id, OLD.legal_framework::text);
        IF NEW.owner_unit_id <> OLD.owner_unit_id OR (OLD.state = 'CLOSED' AND NEW.state <> 'CLOSED')
           OR (renamed AND NOT access.key(OLD.owner_unit_id, 'head') = ANY (access.keys())) THEN
            RAISE EXCEPTION 'the head of its unit names the magistrate of a procedure' USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    IF renamed AND NOT cases.serves(NEW.magistrate_id, NEW.court_id, directs) THEN
        RAISE EXCEPTION 'not a magistrate of this court' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_case ON cases_case;
CREATE TRIGGER keep_case BEFORE INSERT OR UPDATE ON cases_case FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION cases.keep_case();

-- Why the magistrate changed: written once by the head who decides it, read with the procedure.
SELECT access.protect_child('cases_magistratechange', 'case_id', 'cases_case');
REVOKE UPDATE ON cases_magistratechange FROM recoupe_app, recoupe_worker;
DROP POLICY IF EXISTS head_signs ON cases_magistratechange;
CREATE POLICY head_signs ON cases_magistratechange AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (actor_id = (SELECT access.agent()) AND EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id
        AND c.magistrate_id = cases_magistratechange.magistrate_id
        AND access.key(c.owner_unit_id, 'head') = ANY ((SELECT access.keys())::bigint[])));

-- Who directs a procedure, told to its readers and to processes (which only pass on that somebody must agree).
CREATE OR REPLACE FUNCTION cases.magistrate_of(in_case uuid)
RETURNS TABLE (magistrate uuid, court uuid, framework text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT c.magistrate_id, c.court_id, c.legal_framework::text FROM public.cases_case c
    WHERE c.id = in_case
      AND (c.readers && access.keys()
           OR EXISTS (SELECT 1 FROM public.access_context x WHERE x.pid = pg_backend_pid()
                       AND x.xid = pg_current_xact_id_if_assigned() AND x.agent IS NULL AND x.service <> '')) $$;
-- The magistrates of a court, for the form that names one, to whoever acts with a purpose (without one, no key is held);
-- agents of other units stay unknown to the application.
CREATE OR REPLACE FUNCTION cases.magistrates(in_court uuid) RETURNS TABLE (id uuid, name text, judge boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT DISTINCT a.id, a.display_name::text, h.role = 'examining_judge'
     FROM public.access_agent a JOIN public.access_habilitation h ON h.agent_id = a.id AND h.unit_id = a.unit_id
    WHERE a.unit_id = in_court AND a.active AND h.role IN ('prosecutor', 'examining_judge') AND h.revoked_at IS NULL
      AND h.valid_from <= (now() AT TIME ZONE 'Europe/Paris')::date
      AND (h.valid_to IS NULL OR h.valid_to >= (now() AT TIME ZONE 'Europe/Paris')::date)
      AND access.keys() <> '{}'
    ORDER BY 2 $$;

CREATE OR REPLACE FUNCTION cases.serves(in_agent uuid, in_court uuid, in_role text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM cases.magistrates(in_court) m
                   WHERE m.id = in_agent AND m.judge = (in_role = 'examining_judge')) $$;
GRANT EXECUTE ON FUNCTION cases.magistrates(uuid), cases.serves(uuid, uuid, text) TO recoupe_app, recoupe_worker;
GRANT EXECUTE ON FUNCTION cases.magistrates(uuid), cases.serves(uuid, uuid, text) TO recoupe_definer;
GRANT EXECUTE ON FUNCTION cases.magistrate_of(uuid) TO recoupe_app, recoupe_worker, recoupe_matcher;

-- The head of a unit sees who opened the records that his unit holds, not who opened those of others (R-44).
CREATE OR REPLACE FUNCTION cases.reads_of_own(since timestamptz, before timestamptz, only_id uuid, n integer)
RETURNS TABLE (at timestamptz, unit uuid, purpose text, operation text, record uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    own uuid[] := access.units();
    opened uuid[] := CASE WHEN only_id IS NULL THEN audit.opened('case', since, before) END;
BEGIN
    RETURN QUERY SELECT r.* FROM audit.reads_of('case', ARRAY(SELECT o.id FROM public.cases_case o
        WHERE o.owner_unit_id = ANY (own) AND access.keys() <> '{}'::bigint[]
          AND (only_id IS NULL OR o.id = only_id) AND (opened IS NULL OR o.id = ANY (opened))
          AND access.works_as('unit_head', 'cross_head')), since, before, n) AS r;
END $$;
GRANT EXECUTE ON FUNCTION cases.reads_of_own(timestamptz, timestamptz, uuid, integer) TO recoupe_app;

-- To a service's own tool (P-105): the open procedures of its own unit, which a report that it deposits may name. Written in
-- plpgsql: the room above, which says whether the tool may write at all, is looked for when it is called.
CREATE OR REPLACE FUNCTION cases.tool_cases() RETURNS TABLE (number text, id uuid, court_code text, court_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN QUERY SELECT c.number::text, c.id, u.code::text, u.name::text
      FROM desk.acting_tool() t JOIN public.cases_case c ON c.owner_unit_id = t.unit AND c.state = 'OPEN'
      JOIN public.reference_unit u ON u.id = c.court_id
     WHERE intelligence.tool_writes();
END $$;
GRANT EXECUTE ON FUNCTION cases.tool_cases() TO recoupe_app, recoupe_definer;
