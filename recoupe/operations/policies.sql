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
    -- S-7: the source bureau alone marks, by its own door, and a mark stays one.
    IF (TG_OP = 'UPDATE' AND (NEW.kind = 'mark') <> (OLD.kind = 'mark')) OR (NEW.kind = 'mark' AND NOT EXISTS (
        SELECT 1 FROM public.reference_unit u WHERE u.id = NEW.owner_unit_id AND u.kind = 'source_bureau')) THEN
        RAISE EXCEPTION 'the source bureau alone marks' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- S-3: the head of its unit alone makes it silent or ends that, for a time.
    IF (TG_OP = 'INSERT' AND NEW.silent_until IS NOT NULL) OR (TG_OP = 'UPDATE' AND NEW.silent_until IS DISTINCT FROM OLD.silent_until
        AND NOT (access.works_as('unit_head') AND access.key(NEW.owner_unit_id, 'head') = ANY (access.keys())
            AND coalesce(NEW.silent_until, '-infinity') <= ((now() AT TIME ZONE 'Europe/Paris')::date + make_interval(months => access.parameter('silent.max_months')))::date)) THEN
        RAISE EXCEPTION 'the head of its unit makes an event silent' USING ERRCODE = 'insufficient_privilege';
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

-- The registrations of its own unit that an event concerns, as long as the registry holds them.
CREATE OR REPLACE FUNCTION operations.concerned(in_event uuid) RETURNS SETOF public.targets_registeredtarget
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT t.* FROM public.operations_event e
     JOIN public.targets_registeredtarget t ON t.owner_unit_id = e.owner_unit_id
      AND (t.id = ANY (ARRAY(SELECT split_part(c, ':', 2)::uuid FROM unnest(e.concerns) AS c WHERE c LIKE 'target:%'))
        OR t.case_id = ANY (ARRAY(SELECT split_part(c, ':', 2)::uuid FROM unnest(e.concerns) AS c WHERE c LIKE 'case:%')))
    WHERE e.id = in_event AND t.state IN ('REGISTERED', 'CONFLICT', 'ACTIVE') $$;

-- One event off the queue, with what its comparison needs and nothing else of it: neither kind nor label; of whom it
-- concerns the identifiers and the name with the birth date, by which he would be met himself.
DROP FUNCTION IF EXISTS operations.take_event(timestamptz);
CREATE FUNCTION operations.take_event(now timestamptz)
RETURNS TABLE (id uuid, unit uuid, author uuid, purpose text, shape text, in_town boolean, armed boolean, existence text,
    radius_m integer, legs jsonb, starts_at timestamptz, ends_at timestamptz, at timestamptz, live boolean,
    names jsonb, people jsonb, silent boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE taken uuid;
BEGIN
    SELECT o.event_id INTO taken FROM public.operations_outbox o WHERE o.due_at <= now
     ORDER BY o.tries, o.at LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN RETURN; END IF;
    -- An event that was changed twice is compared once, as it is now.
    DELETE FROM public.operations_outbox o WHERE o.event_id = taken;
    RETURN QUERY SELECT e.id, e.owner_unit_id, e.author_id, e.purpose::text, e.shape::text, e.in_town, e.armed, e.existence::text,
        e.radius_m, e.legs, e.starts_at, e.ends_at, e.changed_at, e.state IN ('PLANNED', 'CHANGED', 'UNDER_WAY'),
        (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(n.kind, n.raw)), '[]') FROM (
            SELECT 'plate' AS kind, unnest(e.plates) AS raw UNION ALL SELECT 'phone', unnest(e.phones) UNION ALL SELECT 'imei', unnest(e.imeis)
            UNION ALL SELECT 'plate', unnest(t.vehicle_plates) FROM operations.concerned(e.id) t
            UNION ALL SELECT 'phone', unnest(t.phones) FROM operations.concerned(e.id) t
            UNION ALL SELECT 'imei', unnest(t.imeis) FROM operations.concerned(e.id) t
            UNION ALL SELECT 'email', unnest(t.emails) FROM operations.concerned(e.id) t) n),
        (SELECT coalesce(jsonb_agg(jsonb_build_array(t.surname, t.first_names, t.birth_date)), '[]') FROM operations.concerned(e.id) t),
        e.silent_until IS NOT NULL
      FROM public.operations_event e WHERE e.id = taken;
END $$;
-- Events whose registration has changed, ended or come since are compared again.
CREATE OR REPLACE FUNCTION operations.follow_target() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.operations_outbox (id, event_id, at, tries, due_at)
    SELECT gen_random_uuid(), e.id, clock_timestamp(), 0, clock_timestamp()
      FROM public.targets_registeredtarget t
      JOIN public.operations_event e ON e.concerns && ARRAY['target:' || t.id, 'case:' || t.case_id]::varchar[]
     WHERE t.id = NEW.target_id AND e.owner_unit_id = t.owner_unit_id AND e.state IN ('PLANNED', 'CHANGED', 'UNDER_WAY');
    IF FOUND THEN PERFORM access.wake('event'); END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS follow_target ON targets_outbox;
CREATE TRIGGER follow_target AFTER INSERT ON targets_outbox FOR EACH ROW EXECUTE FUNCTION operations.follow_target();
-- What the comparison lacks, or what a registration has met since, is compared again.
CREATE OR REPLACE FUNCTION operations.queue_again(ids uuid[]) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ WITH queued AS (
       INSERT INTO public.operations_outbox (id, event_id, at, tries, due_at)
       SELECT gen_random_uuid(), i, clock_timestamp(), 0, clock_timestamp() FROM (SELECT DISTINCT unnest(ids) AS i) wanted
        WHERE NOT EXISTS (SELECT 1 FROM public.operations_outbox o WHERE o.event_id = i) RETURNING 1)
   SELECT count(*)::integer FROM queued $$;
-- All that others still have to meet: the index was lost.
CREATE OR REPLACE FUNCTION operations.queue_live() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT operations.queue_again(ARRAY(SELECT e.id FROM public.operations_event e
    WHERE e.state IN ('PLANNED', 'CHANGED', 'UNDER_WAY') AND e.ends_at > now() - interval '1 day')) $$;
GRANT EXECUTE ON FUNCTION operations.queue_again(uuid[]), operations.queue_live() TO recoupe_matcher;
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

-- Silence is dated (S-3): the worker ends what was not renewed, and the matcher knows by the write itself.
CREATE OR REPLACE FUNCTION operations.end_silences(in_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE over uuid[] := ARRAY(SELECT e.id FROM public.operations_event e WHERE e.silent_until < in_day ORDER BY e.id LIMIT 100 FOR UPDATE);
BEGIN
    IF over = '{}' THEN RETURN 0; END IF;
    PERFORM audit.record('modify', ARRAY(SELECT 'event:' || e FROM unnest(over) AS e), ARRAY['silent_until'], '{}', NULL, NULL);
    UPDATE public.operations_event e SET silent_until = NULL, silent_reason = '' WHERE e.id = ANY (over);
    RETURN cardinality(over);
END $$;
GRANT EXECUTE ON FUNCTION operations.end_silences(date) TO recoupe_worker;

-- Whether an event of one's own still waits for its comparison: the page asks, so that it never says « no conflict » too soon.
CREATE OR REPLACE FUNCTION operations.waits(in_event uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM public.operations_event e JOIN public.operations_outbox o ON o.event_id = e.id
                   WHERE e.id = in_event AND e.readers && access.keys()) $$;
GRANT EXECUTE ON FUNCTION operations.waits(uuid) TO recoupe_app;

-- By which reference a duty desk names an event of its own unit to the team that must be warned; it reads nothing else of it.
CREATE OR REPLACE FUNCTION operations.reference_of(in_event uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT e.ref FROM public.operations_event e
    WHERE e.id = in_event AND (e.readers && access.keys() OR access.key(e.owner_unit_id, 'duty') = ANY (access.keys())) $$;
GRANT EXECUTE ON FUNCTION operations.reference_of(uuid) TO recoupe_app;

-- Presence: lines that their own unit alone reads and writes. A step is never changed: the next one of its line counts.
SELECT access.protect('operations_presence');
REVOKE UPDATE ON operations_presence FROM recoupe_app, recoupe_worker;
DROP POLICY IF EXISTS unit_patrols ON operations_presence;
CREATE POLICY unit_patrols ON operations_presence AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (owner_unit_id = ANY ((SELECT access.units())::uuid[]) AND author_id = (SELECT access.agent())
        AND (SELECT access.writes_as('investigator', 'unit_head')));
CREATE OR REPLACE FUNCTION operations.keep_presence() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    NEW.readers := ARRAY(SELECT access.key(u.id, CASE u.kind WHEN 'cross' THEN 'cell' WHEN 'office' THEN 'office' ELSE 'unit' END)
                           FROM public.reference_unit u WHERE u.id = NEW.owner_unit_id);
    -- Another unit's line is refused in the same words, whether or not it is there (R-24).
    IF NOT NEW.owner_unit_id = ANY (access.units()) THEN
        RAISE EXCEPTION 'a line of the ledger is written by its own unit' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- The first step is its line; the others follow, of the same unit, until it is withdrawn.
    NEW.line := CASE WHEN NEW.step = 1 THEN NEW.id ELSE NEW.line END;
    IF NEW.step > 1 AND NOT EXISTS (SELECT 1 FROM public.operations_presence p
        WHERE p.line = NEW.line AND p.owner_unit_id = NEW.owner_unit_id AND p.step = NEW.step - 1 AND p.state = 'STANDS') THEN
        RAISE EXCEPTION 'a line of the ledger goes on from its last step' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_presence ON operations_presence;
CREATE TRIGGER keep_presence BEFORE INSERT ON operations_presence FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION operations.keep_presence();

-- What every unit gave to each commune of a department and found there, in whole months: for its cell and the office.
CREATE OR REPLACE FUNCTION operations.effort(in_department text, in_since date, in_until date)
RETURNS TABLE (commune text, allocation text, hours double precision, controls bigint, fines bigint, found bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT p.commune_code::text, p.allocation::text, sum(extract(epoch FROM p.ends_at - p.starts_at)::double precision / 3600 * p.staff),
          sum(p.controls), sum(p.fines), sum(p.found)
     FROM public.operations_presence p
    WHERE p.department = in_department AND p.state = 'STANDS'
      AND p.day >= date_trunc('month', in_since)::date AND p.day < (date_trunc('month', in_until) + interval '1 month')::date
      AND NOT EXISTS (SELECT 1 FROM public.operations_presence n
                       WHERE n.owner_unit_id = p.owner_unit_id AND n.line = p.line AND n.step = p.step + 1)
      AND EXISTS (SELECT 1 FROM public.reference_unit u WHERE u.id = ANY (access.units())
             AND ((u.kind = 'cross' AND in_department = ANY (u.departments) AND access.works_as('cross_analyst', 'cross_head')
                   AND access.key(u.id, 'cell') = ANY (access.keys()))
               OR (u.kind = 'office' AND access.works_as('ofast_analyst') AND access.key(u.id, 'office') = ANY (access.keys()))))
    GROUP BY p.commune_code, p.allocation $$;
GRANT EXECUTE ON FUNCTION operations.effort(text, date, date) TO recoupe_app;
-- Which communes were looked at of late, for whoever holds a key: on a map the others are hatched, never calm.
CREATE OR REPLACE FUNCTION operations.seen(in_departments text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT p.commune_code::text FROM public.operations_presence p
    WHERE p.department = ANY (in_departments) AND p.state = 'STANDS' AND cardinality(access.keys()) > 0
      AND p.day > (now() AT TIME ZONE 'Europe/Paris')::date - access.parameter('presence.seen_days')
      AND NOT EXISTS (SELECT 1 FROM public.operations_presence n
                       WHERE n.owner_unit_id = p.owner_unit_id AND n.line = p.line AND n.step = p.step + 1)
    GROUP BY p.commune_code
   HAVING sum(extract(epoch FROM p.ends_at - p.starts_at) / 3600 * p.staff) >= access.parameter('presence.seen_hours') $$;
GRANT EXECUTE ON FUNCTION operations.seen(text[]) TO recoupe_app;
