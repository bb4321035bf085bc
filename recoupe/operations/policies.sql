-- Events: read, entered and changed by their own unit alone.
SELECT access.protect('operations_event');
DROP POLICY IF EXISTS unit_enters ON operations_event;
CREATE POLICY unit_enters ON operations_event AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (owner_unit_id = ANY ((SELECT access.units())::uuid[]) AND author_id = (SELECT access.agent())
        AND (SELECT access.writes_as('investigator', 'unit_head')));
DROP POLICY IF EXISTS unit_changes ON operations_event;
CREATE POLICY unit_changes ON operations_event AS RESTRICTIVE FOR UPDATE TO recoupe_app, recoupe_worker
    USING (owner_unit_id = ANY ((SELECT access.units())::uuid[]) AND (SELECT access.writes_as('investigator', 'unit_head')))
    WITH CHECK (owner_unit_id = ANY ((SELECT access.units())::uuid[]));

-- Who reads an event follows from its unit, whoever writes it; its author and reference stay; what is over stays over.
CREATE OR REPLACE FUNCTION operations.keep_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    NEW.readers := ARRAY(SELECT access.key(u.id, CASE u.kind WHEN 'cross' THEN 'cell' WHEN 'office' THEN 'office' ELSE 'unit' END)
                           FROM public.reference_unit u WHERE u.id = NEW.owner_unit_id);
    IF TG_OP = 'UPDATE' AND ((OLD.author_id, OLD.ref, OLD.purpose) IS DISTINCT FROM (NEW.author_id, NEW.ref, NEW.purpose)
        OR OLD.state IN ('OVER', 'CANCELLED')) THEN
        RAISE EXCEPTION 'an event keeps its author and reference, and its end' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_event ON operations_event;
CREATE TRIGGER keep_event BEFORE INSERT OR UPDATE ON operations_event FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION operations.keep_event();

-- The queue of the matcher: filled by the write itself, so that no event is entered that nobody compares.
CALL access.shield('operations_outbox');
CREATE OR REPLACE FUNCTION operations.queue_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.operations_outbox (id, event_id, at, tries, due_at)
    VALUES (gen_random_uuid(), NEW.id, clock_timestamp(), 0, clock_timestamp());
    PERFORM access.wake('event');
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS queue_event ON operations_event;
CREATE TRIGGER queue_event AFTER INSERT OR UPDATE ON operations_event FOR EACH ROW EXECUTE FUNCTION operations.queue_event();

-- One event off the queue, with what its comparison needs and nothing else of it: neither kind, label nor what it concerns.
CREATE OR REPLACE FUNCTION operations.take_event(now timestamptz)
RETURNS TABLE (id uuid, unit uuid, author uuid, purpose text, shape text, in_town boolean, armed boolean, existence text,
    radius_m integer, legs jsonb, starts_at timestamptz, ends_at timestamptz, at timestamptz, live boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE taken uuid;
BEGIN
    SELECT o.event_id INTO taken FROM public.operations_outbox o WHERE o.due_at <= now
     ORDER BY o.tries, o.at LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN RETURN; END IF;
    -- An event that was changed twice is compared once, as it is now.
    DELETE FROM public.operations_outbox o WHERE o.event_id = taken;
    RETURN QUERY SELECT e.id, e.owner_unit_id, e.author_id, e.purpose::text, e.shape::text, e.in_town, e.armed, e.existence::text,
        e.radius_m, e.legs, e.starts_at, e.ends_at, e.changed_at, e.state IN ('PLANNED', 'CHANGED', 'UNDER_WAY')
      FROM public.operations_event e WHERE e.id = taken;
END $$;
-- The first of the queue failed: the others pass before it.
CREATE OR REPLACE FUNCTION operations.postpone_event(now timestamptz) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ UPDATE public.operations_outbox o SET tries = o.tries + 1, due_at = now + make_interval(mins => least(o.tries + 1, 60))
    WHERE o.id = (SELECT q.id FROM public.operations_outbox q WHERE q.due_at <= now ORDER BY q.tries, q.at LIMIT 1 FOR UPDATE SKIP LOCKED)
   RETURNING o.event_id $$;
-- How many failed three times or more, and since when, without a reference: for `recoupe check`.
CREATE OR REPLACE FUNCTION operations.delayed() RETURNS TABLE (lines bigint, oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT count(*), min(o.at) FROM public.operations_outbox o WHERE o.tries >= 3 HAVING count(*) > 0 $$;
GRANT EXECUTE ON FUNCTION operations.delayed() TO recoupe_owner;
GRANT EXECUTE ON FUNCTION operations.take_event(timestamptz), operations.postpone_event(timestamptz) TO recoupe_matcher;

-- Whether an event of one's own still waits for its comparison: the page asks, so that it never says « no conflict » too soon.
CREATE OR REPLACE FUNCTION operations.waits(in_event uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM public.operations_event e JOIN public.operations_outbox o ON o.event_id = e.id
                   WHERE e.id = in_event AND e.readers && access.keys()) $$;
GRANT EXECUTE ON FUNCTION operations.waits(uuid) TO recoupe_app;
