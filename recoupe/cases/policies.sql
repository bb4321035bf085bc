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

-- Who directs a procedure, told to its readers and to processes (which only pass on that somebody must agree).
CREATE OR REPLACE FUNCTION cases.magistrate_of(in_case uuid)
RETURNS TABLE (magistrate uuid, court uuid, framework text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT c.magistrate_id, c.court_id, c.legal_framework::text FROM public.cases_case c
    WHERE c.id = in_case
      AND (c.readers && access.keys()
           OR EXISTS (SELECT 1 FROM public.access_context x WHERE x.pid = pg_backend_pid()
                       AND x.xid = pg_current_xact_id_if_assigned() AND x.agent IS NULL AND x.service <> '')) $$;
-- The magistrates of a court, for the form that names one; agents of other units stay unknown to the application.
CREATE OR REPLACE FUNCTION cases.magistrates(in_court uuid) RETURNS TABLE (id uuid, name text, judge boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT DISTINCT a.id, a.display_name::text, h.role = 'examining_judge'
     FROM public.access_agent a JOIN public.access_habilitation h ON h.agent_id = a.id AND h.unit_id = a.unit_id
    WHERE a.unit_id = in_court AND a.active AND h.role IN ('prosecutor', 'examining_judge') AND h.revoked_at IS NULL
      AND h.valid_from <= (now() AT TIME ZONE 'Europe/Paris')::date
      AND (h.valid_to IS NULL OR h.valid_to >= (now() AT TIME ZONE 'Europe/Paris')::date)
      AND access.agent() IS NOT NULL
    ORDER BY 2 $$;

CREATE OR REPLACE FUNCTION cases.serves(in_agent uuid, in_court uuid, in_role text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM cases.magistrates(in_court) m
                   WHERE m.id = in_agent AND m.judge = (in_role = 'examining_judge')) $$;
GRANT EXECUTE ON FUNCTION cases.magistrates(uuid), cases.serves(uuid, uuid, text) TO recoupe_app, recoupe_worker;
GRANT EXECUTE ON FUNCTION cases.magistrates(uuid) TO recoupe_definer;
GRANT EXECUTE ON FUNCTION cases.magistrate_of(uuid) TO recoupe_app, recoupe_worker, recoupe_matcher;
