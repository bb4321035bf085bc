-- Procedures: read by their unit, their magistrate in charge and the prosecutor's office of their court.
SELECT access.protect('cases_case');

-- Who directs a procedure, told to its readers and to processes (which only pass on that somebody must agree).
CREATE OR REPLACE FUNCTION cases.magistrate_of(in_case uuid)
RETURNS TABLE (magistrate uuid, court uuid, framework text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT c.magistrate_id, c.court_id, c.legal_framework::text FROM public.cases_case c
    WHERE c.id = in_case
      AND (c.readers && access.keys()
           OR EXISTS (SELECT 1 FROM public.access_context x WHERE x.pid = pg_backend_pid()
                       AND x.xid = pg_current_xact_id_if_assigned() AND x.agent IS NULL AND x.service <> '')) $$;
GRANT EXECUTE ON FUNCTION cases.magistrate_of(uuid) TO recoupe_app, recoupe_worker, recoupe_matcher;
