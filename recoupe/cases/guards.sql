-- A magistrate is told that a procedure is his, or no longer his, by the change itself, at the court where he directs it.
DROP POLICY IF EXISTS tells_of_cases ON notices_notice;
CREATE OR REPLACE FUNCTION cases.tell_magistrates() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
    VALUES (gen_random_uuid(), access.own_key(OLD.magistrate_id, OLD.court_id), 'case_taken', 'case', NEW.id, clock_timestamp()),
           (gen_random_uuid(), access.own_key(NEW.magistrate_id, NEW.court_id), 'case_given', 'case', NEW.id, clock_timestamp())
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS tell_magistrates ON cases_case;
CREATE TRIGGER tell_magistrates AFTER UPDATE OF magistrate_id, court_id ON cases_case FOR EACH ROW
    WHEN ((NEW.magistrate_id, NEW.court_id) IS DISTINCT FROM (OLD.magistrate_id, OLD.court_id))
    EXECUTE FUNCTION cases.tell_magistrates();
