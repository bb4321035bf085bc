-- The unit asks for its own open procedure; the manager checks, registers, refuses; the unit completes and ends; nobody
-- prolongs. Who reads follows from the procedure: nobody writes it.
CREATE OR REPLACE FUNCTION targets.keep_target() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    today date := (now() AT TIME ZONE 'Europe/Paris')::date;
    of public.cases_case;
    unit boolean;
    manager boolean := access.works_as('registry_manager') AND targets.registry_key() = ANY (access.keys());
    technical text[] := ARRAY['state', 'state_since', 'steps', 'registered_at', 'expires_on', 'readers'];
BEGIN
    SELECT c.* INTO of FROM public.cases_case c WHERE c.id = NEW.case_id;
    -- A procedure that one does not read is refused in the words of one that does not exist (R-24).
    unit := coalesce(access.works_as('investigator', 'unit_head') AND access.key(of.owner_unit_id, 'unit') = ANY (access.keys()), false);
    NEW.readers := targets.audience(NEW.case_id);
    IF TG_OP = 'INSERT' THEN
        IF NOT unit OR of.state <> 'OPEN' OR NEW.owner_unit_id <> of.owner_unit_id OR NEW.state <> 'REQUESTED'
           OR NEW.requested_by_id IS DISTINCT FROM access.agent() OR NEW.purpose IS DISTINCT FROM targets.acting_purpose() OR NEW.legal_framework <> of.legal_framework
           OR NEW.registered_at IS NOT NULL OR NEW.expires_on IS NOT NULL OR NEW.reminders <> 0
           OR EXISTS (SELECT 1 FROM public.reference_unit u WHERE u.id = of.owner_unit_id AND u.silent)
           OR (NEW.renews_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM public.targets_registeredtarget t
                WHERE t.id = NEW.renews_id AND t.owner_unit_id = of.owner_unit_id)) THEN
            RAISE EXCEPTION 'a unit asks for its own open procedure' USING ERRCODE = 'insufficient_privilege';
        END IF;
        NEW.state_since := clock_timestamp();
        RETURN NEW;
    END IF;
    IF NEW.state = OLD.state THEN
        -- Completed by its unit while it is held; terms, persons and procedures stay.
        IF NOT unit OR OLD.state NOT IN ('REQUESTED', 'CHECKED', 'REGISTERED', 'CONFLICT', 'ACTIVE') OR
           (NEW.id, NEW.ref, NEW.case_id, NEW.owner_unit_id, NEW.requested_by_id, NEW.renews_id, NEW.registered_at, NEW.expires_on,
            NEW.steps, NEW.reminders, NEW.purpose, NEW.legal_framework, NEW.motive, NEW.created_at, NEW.state_since)
           IS DISTINCT FROM
           (OLD.id, OLD.ref, OLD.case_id, OLD.owner_unit_id, OLD.requested_by_id, OLD.renews_id, OLD.registered_at, OLD.expires_on,
            OLD.steps, OLD.reminders, OLD.purpose, OLD.legal_framework, OLD.motive, OLD.created_at, OLD.state_since) THEN
            RAISE EXCEPTION 'its unit completes a registration, nothing else' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - technical IS DISTINCT FROM to_jsonb(OLD) - technical OR NEW.steps <> OLD.steps + 1 THEN
        RAISE EXCEPTION 'a decision changes no attribute' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT (manager AND (OLD.state, NEW.state) IN (('REQUESTED', 'CHECKED'), ('REQUESTED', 'REFUSED'), ('CHECKED', 'REGISTERED'), ('CHECKED', 'REFUSED'))
         OR unit AND NEW.state = 'PROCEDURE_ENDED' AND OLD.state IN ('REQUESTED', 'CHECKED', 'REGISTERED', 'CONFLICT', 'ACTIVE')) THEN
        RAISE EXCEPTION 'not a step of whoever acts' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.state_since := clock_timestamp();
    IF NEW.state = 'REGISTERED' THEN
        -- The server's own clock orders registrations, whatever the client says.
        NEW.registered_at := clock_timestamp();
        NEW.expires_on := (today + make_interval(years => access.parameter('retention.registry')))::date;
    ELSIF (NEW.registered_at, NEW.expires_on) IS DISTINCT FROM (OLD.registered_at, OLD.expires_on) THEN
        RAISE EXCEPTION 'a registration keeps its term' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_target ON targets_registeredtarget;
CREATE TRIGGER keep_target BEFORE INSERT OR UPDATE ON targets_registeredtarget FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION targets.keep_target();

-- What a procedure's end, or another magistrate, means for its registrations is part of the same act (R-RET-2, S-6).
CREATE OR REPLACE FUNCTION targets.follow_case() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.state = 'CLOSED' THEN
        PERFORM targets.step(ARRAY(SELECT t.id FROM public.targets_registeredtarget t WHERE t.case_id = NEW.id
            AND t.state IN ('REQUESTED', 'CHECKED', 'REGISTERED', 'CONFLICT', 'ACTIVE') ORDER BY t.id FOR UPDATE), 'unit', 'PROCEDURE_ENDED');
    ELSE
        UPDATE public.targets_registeredtarget t SET readers = targets.audience(NEW.id)
         WHERE t.case_id = NEW.id AND t.state <> 'ERASED';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS follow_case ON cases_case;
CREATE TRIGGER follow_case AFTER UPDATE OF state, magistrate_id, court_id ON cases_case FOR EACH ROW
    WHEN ((NEW.state, NEW.magistrate_id, NEW.court_id) IS DISTINCT FROM (OLD.state, OLD.magistrate_id, OLD.court_id))
    EXECUTE FUNCTION targets.follow_case();

-- The unit is told of a decision, the manager of a request, by whoever has just taken the step.
CREATE OR REPLACE FUNCTION targets.told_key(in_target uuid, to_manager boolean) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT CASE WHEN to_manager THEN targets.registry_key() ELSE (targets.audience(t.case_id))[1] END
     FROM public.targets_registeredtarget t WHERE t.id = in_target AND t.readers && access.keys() $$;
GRANT EXECUTE ON FUNCTION targets.told_key(uuid, boolean) TO recoupe_app, recoupe_worker;
DROP POLICY IF EXISTS tells_of_targets ON notices_notice;
CREATE POLICY tells_of_targets ON notices_notice FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (record_kind = 'target' AND kind IN ('target_requested', 'target_refused', 'target_registered') AND EXISTS (
        SELECT 1 FROM targets_registeredtarget t JOIN targets_targetstep s ON s.target_id = t.id AND s.step = t.steps
         WHERE t.id = notices_notice.record_id AND s.actor_id = (SELECT access.agent())
           AND (kind = 'target_requested') = (t.state = 'REQUESTED')
           AND notices_notice.key = targets.told_key(t.id, kind = 'target_requested')));
