-- Registrations: read by the unit that asks, the magistrate in charge, the prosecutor's office of the court, and who keeps
-- the registry (article 4: need to know, individual designation).
SELECT access.protect('targets_registeredtarget');
CALL access.follow_in_list('targets_registeredtarget', 7::smallint, 'created_at');

-- History is written once, by whoever acts.
SELECT access.protect_child('targets_targetstep', 'target_id', 'targets_registeredtarget');
REVOKE UPDATE ON targets_targetstep FROM recoupe_app, recoupe_worker;
DROP POLICY IF EXISTS actor_signs ON targets_targetstep;
CREATE POLICY actor_signs ON targets_targetstep AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (actor_id = (SELECT access.agent()) AND doer IN ('unit', 'manager') AND EXISTS (
        SELECT 1 FROM targets_registeredtarget t WHERE t.id = target_id AND t.steps = step AND t.state = to_state));

-- Which units were reminded of which procedure: functions alone.
CALL access.shield('targets_casereminder');
CALL access.demand_journal('targets_casereminder');

-- The office that keeps the registry today.
CREATE OR REPLACE FUNCTION targets.registry_key() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT access.key(u.id, 'registry') FROM public.reference_unit u
    WHERE u.kind = 'office' AND coalesce(u.opens_on, u.valid_from, '-infinity') <= (now() AT TIME ZONE 'Europe/Paris')::date
      AND coalesce(u.valid_to, 'infinity') >= (now() AT TIME ZONE 'Europe/Paris')::date
    ORDER BY u.code LIMIT 1 $$;
CREATE OR REPLACE FUNCTION targets.acting_purpose() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT c.purpose::text FROM public.access_context c
    WHERE c.pid = pg_backend_pid() AND c.xid = pg_current_xact_id_if_assigned() $$;
CREATE OR REPLACE FUNCTION targets.audience(in_case uuid) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT ARRAY[access.key(c.owner_unit_id, 'unit'), access.own_key(c.magistrate_id, c.court_id),
                access.key(c.court_id, 'prosecutor'), targets.registry_key()]
     FROM public.cases_case c WHERE c.id = in_case $$;

-- The officer for data protection is handed a reference; he is told under which identifier the journal keeps it, no more.
CREATE OR REPLACE FUNCTION targets.identified(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.id FROM public.targets_registeredtarget r WHERE audit.oversees() AND r.ref = wanted AND wanted <> '' $$;
GRANT EXECUTE ON FUNCTION targets.identified(text) TO recoupe_app;

-- The head of a unit sees who opened what his unit holds and he reads, not who opened what others hold (P-88).
CREATE OR REPLACE FUNCTION targets.reads_of_own(since timestamptz, before timestamptz, only_id uuid, n integer)
RETURNS TABLE (at timestamptz, unit uuid, purpose text, operation text, record uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    own uuid[] := access.units();
    opened uuid[] := CASE WHEN only_id IS NULL THEN audit.opened('target', since, before) END;
BEGIN
    RETURN QUERY SELECT r.* FROM audit.reads_of('target', ARRAY(SELECT o.id FROM public.targets_registeredtarget o
        WHERE o.owner_unit_id = ANY (own) AND o.readers && access.keys()
          AND (only_id IS NULL OR o.id = only_id) AND (opened IS NULL OR o.id = ANY (opened))
          AND access.works_as('unit_head', 'cross_head')), since, before, n) AS r;
END $$;
GRANT EXECUTE ON FUNCTION targets.reads_of_own(timestamptz, timestamptz, uuid, integer) TO recoupe_app;

-- ---------------------------------------------------------------------------------------------------------------
-- The gauge (measure 21): procedures for the listed articles, old enough, with or without a registration
-- ---------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION targets.due_cases(in_day date) RETURNS TABLE (id uuid, unit uuid, opened_on date, state text, registered boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT c.id, c.owner_unit_id, c.opened_on, c.state::text,
          EXISTS (SELECT 1 FROM public.targets_targetstep s JOIN public.targets_registeredtarget t ON t.id = s.target_id
                   WHERE t.case_id = c.id AND s.to_state = 'REGISTERED')
     FROM public.cases_case c JOIN public.reference_unit u ON u.id = c.owner_unit_id
    WHERE NOT u.silent
      AND c.offences && ARRAY(SELECT o.code FROM public.reference_offence o WHERE o.registry)
      AND c.opened_on <= in_day - access.parameter('registry.missing_days') $$;

-- All services for the registry's manager; a head of unit sees his own unit alone.
CREATE OR REPLACE FUNCTION targets.gauge(in_day date, months integer)
RETURNS TABLE (month date, service text, unit_code text, cases bigint, registered bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT date_trunc('month', d.opened_on)::date, u.service::text, CASE WHEN manages.it THEN '' ELSE u.code::text END,
          count(*), count(*) FILTER (WHERE d.registered)
     FROM (SELECT targets.registry_key() = ANY (access.keys()) AS it) manages
     CROSS JOIN targets.due_cases(in_day) d JOIN public.reference_unit u ON u.id = d.unit
    WHERE d.opened_on > date_trunc('month', in_day) - make_interval(months => least(months, 36))
      AND (manages.it OR (access.works_as('unit_head') AND access.key(u.id, 'head') = ANY (access.keys())))
    GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3 $$;
CREATE OR REPLACE FUNCTION targets.missing_of_own(in_day date, n integer) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT d.id FROM targets.due_cases(in_day) d
    WHERE d.state = 'OPEN' AND NOT d.registered AND d.unit = ANY (access.units())
      AND access.key(d.unit, 'unit') = ANY (access.keys())
    ORDER BY d.opened_on, d.id LIMIT least(n, 200) $$;
GRANT EXECUTE ON FUNCTION targets.gauge(date, integer), targets.missing_of_own(date, integer) TO recoupe_app;

-- ---------------------------------------------------------------------------------------------------------------
-- Terms: the worker alone, in its own service context
-- ---------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION targets.over_term(in_day date) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT t.id FROM public.targets_registeredtarget t
    WHERE t.state IN ('REGISTERED', 'CONFLICT', 'ACTIVE') AND t.expires_on <= in_day ORDER BY t.id LIMIT 1000 $$;
CREATE OR REPLACE FUNCTION targets.to_erase(in_day date) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT t.id FROM public.targets_registeredtarget t
    WHERE t.state IN ('PROCEDURE_ENDED', 'EXPIRED')
       OR (t.state = 'REFUSED' AND (t.state_since AT TIME ZONE 'Europe/Paris')::date
           <= in_day - access.parameter('registry.refused_days')) ORDER BY t.id LIMIT 1000 $$;
-- A step by nobody: the machine signs as what it is. In plpgsql, as `settle`: they keep their plans.
CREATE OR REPLACE FUNCTION targets.step(ids uuid[], in_doer text, in_state text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.targets_targetstep (id, target_id, step, at, doer, unit_code, from_state, to_state, motive)
    SELECT gen_random_uuid(), t.id, t.steps + 1, clock_timestamp(), in_doer, '', t.state, in_state, ''
      FROM public.targets_registeredtarget t WHERE t.id = ANY (ids);
    UPDATE public.targets_registeredtarget t SET state = in_state, state_since = clock_timestamp(), steps = t.steps + 1
     WHERE t.id = ANY (ids);
END $$;
CREATE OR REPLACE FUNCTION targets.expire(ids uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT targets.step(ARRAY(SELECT t.id FROM public.targets_registeredtarget t WHERE t.id = ANY (ids)
      AND t.state IN ('REGISTERED', 'CONFLICT', 'ACTIVE') AND t.expires_on <= (now() AT TIME ZONE 'Europe/Paris')::date
      ORDER BY t.id FOR UPDATE), 'retention', 'EXPIRED') $$;
-- Nothing of the person is left, nor the words that were written about him, nor a notice about it.
CREATE OR REPLACE FUNCTION targets.erase(ids uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    gone uuid[] := ARRAY(SELECT t.id FROM public.targets_registeredtarget t WHERE t.id = ANY (ids)
        AND t.state IN ('PROCEDURE_ENDED', 'EXPIRED', 'REFUSED') ORDER BY t.id FOR UPDATE);
BEGIN
    INSERT INTO public.targets_targetstep (id, target_id, step, at, doer, unit_code, from_state, to_state, motive)
    SELECT gen_random_uuid(), t.id, t.steps + 1, clock_timestamp(), 'retention', '', t.state, 'ERASED', ''
      FROM public.targets_registeredtarget t WHERE t.id = ANY (gone);
    UPDATE public.targets_targetstep s SET motive = '' WHERE s.target_id = ANY (gone) AND s.motive <> '';
    UPDATE public.targets_registeredtarget t SET state = 'ERASED', state_since = clock_timestamp(), steps = t.steps + 1,
        readers = '{}', surname = '', first_names = '', nickname = '', alias = '', sex = '', birth_date = NULL, birth_place = '',
        addresses = '{}', emails = '{}', phones = '{}', imeis = '{}', vehicle_makes = '{}', vehicle_plates = '{}',
        investigator_name = '', investigator_contact = '', magistrate_name = '', magistrate_contact = '', motive = '',
        renews_id = NULL
     WHERE t.id = ANY (gone);
    DELETE FROM public.notices_notice n WHERE n.record_kind = 'target' AND n.record_id = ANY (gone);
END $$;

-- Sixty, then fifteen days before: to the unit, by the day of the end.
CREATE OR REPLACE FUNCTION targets.to_remind(in_day date) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT t.id FROM public.targets_registeredtarget t
    WHERE t.state IN ('REGISTERED', 'CONFLICT', 'ACTIVE') AND t.expires_on > in_day
      AND t.expires_on <= in_day + access.parameter('registry.reminder_1')
      AND t.reminders < CASE WHEN t.expires_on <= in_day + access.parameter('registry.reminder_2') THEN 2 ELSE 1 END
    ORDER BY t.id LIMIT 1000 $$;
CREATE OR REPLACE FUNCTION targets.remind(ids uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at, due_at)
   SELECT gen_random_uuid(), (targets.audience(t.case_id))[1], 'target_expires', 'target', t.id, clock_timestamp(),
          t.expires_on::timestamp AT TIME ZONE 'Europe/Paris'
     FROM public.targets_registeredtarget t WHERE t.id = ANY (ids) ON CONFLICT DO NOTHING;
   UPDATE public.targets_registeredtarget t
      SET reminders = CASE WHEN t.expires_on <= (now() AT TIME ZONE 'Europe/Paris')::date
              + access.parameter('registry.reminder_2') THEN 2 ELSE 1 END
    WHERE t.id = ANY (ids) $$;

-- Heads of units, of procedures without a registration: once, then each fifteen days while it lasts.
CREATE OR REPLACE FUNCTION targets.cases_to_remind(in_day date) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT d.id FROM targets.due_cases(in_day) d LEFT JOIN public.targets_casereminder r ON r.case_id = d.id
    WHERE d.state = 'OPEN' AND NOT d.registered AND (r.at IS NULL OR (r.at AT TIME ZONE 'Europe/Paris')::date
          <= in_day - access.parameter('registry.missing_days')) ORDER BY d.id LIMIT 1000 $$;
CREATE OR REPLACE FUNCTION targets.remind_cases(ids uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
   SELECT gen_random_uuid(), access.key(c.owner_unit_id, 'head'), 'target_missing', 'case', c.id, clock_timestamp()
     FROM public.cases_case c WHERE c.id = ANY (ids) ON CONFLICT DO NOTHING;
   INSERT INTO public.targets_casereminder (case_id, at, times) SELECT i, clock_timestamp(), 1 FROM unnest(ids) AS i
   ON CONFLICT (case_id) DO UPDATE SET at = excluded.at, times = targets_casereminder.times + 1 $$;
GRANT EXECUTE ON FUNCTION targets.over_term(date), targets.to_erase(date), targets.expire(uuid[]), targets.erase(uuid[]),
    targets.to_remind(date), targets.remind(uuid[]), targets.cases_to_remind(date), targets.remind_cases(uuid[]) TO recoupe_worker;

-- ---------------------------------------------------------------------------------------------------------------
-- The queue of the matcher: what is held is compared, what ends is taken out
-- ---------------------------------------------------------------------------------------------------------------
CALL access.shield('targets_outbox');
CREATE OR REPLACE FUNCTION targets.queue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    held text[] := ARRAY['REGISTERED', 'CONFLICT', 'ACTIVE'];
BEGIN
    IF (NEW.state = ANY (held)) <> (OLD.state = ANY (held)) OR (NEW.state = ANY (held) AND
        (NEW.surname, NEW.first_names, NEW.nickname, NEW.alias, NEW.birth_date, NEW.birth_place, NEW.phones, NEW.imeis, NEW.emails,
         NEW.vehicle_plates) IS DISTINCT FROM (OLD.surname, OLD.first_names, OLD.nickname, OLD.alias, OLD.birth_date, OLD.birth_place,
         OLD.phones, OLD.imeis, OLD.emails, OLD.vehicle_plates)) THEN
        INSERT INTO public.targets_outbox (id, target_id, at) VALUES (gen_random_uuid(), NEW.id, clock_timestamp());
        PERFORM access.wake('registry');
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS queue_target ON targets_registeredtarget;
CREATE TRIGGER queue_target AFTER UPDATE ON targets_registeredtarget FOR EACH ROW EXECUTE FUNCTION targets.queue();

CREATE OR REPLACE FUNCTION targets.is_held(in_target uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM public.targets_registeredtarget t WHERE t.id = in_target AND t.state IN ('REGISTERED', 'CONFLICT', 'ACTIVE'));
END $$;
-- A line that failed three times waits for somebody to look at it.
CREATE OR REPLACE FUNCTION targets.lines(n integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT o.id FROM public.targets_outbox o WHERE o.tries < 3 AND targets.is_held(o.target_id) ORDER BY o.at LIMIT least(n, 500) $$;
CREATE OR REPLACE FUNCTION targets.blame(in_line uuid, most integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ UPDATE public.targets_outbox o SET tries = least(o.tries + 1, most) WHERE o.id = in_line $$;
-- How many wait so, and since when, without a reference: for `recoupe check`.
CREATE OR REPLACE FUNCTION targets.parked() RETURNS TABLE (lines bigint, oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT count(*), min(o.at) FROM public.targets_outbox o WHERE o.tries >= 3 AND targets.is_held(o.target_id) HAVING count(*) > 0 $$;
GRANT EXECUTE ON FUNCTION targets.parked() TO recoupe_owner;
-- They go back to their queue, as if they had never failed; their registrations, for the journal.
CREATE OR REPLACE FUNCTION targets.unpark() RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ UPDATE public.targets_outbox o SET tries = 0 WHERE o.tries >= 3 RETURNING o.target_id $$;
GRANT EXECUTE ON FUNCTION targets.unpark() TO recoupe_matcher;
DROP FUNCTION IF EXISTS targets.take(integer, uuid[]);
CREATE FUNCTION targets.take(n integer, wanted uuid[])
RETURNS TABLE (target_id uuid, unit_id uuid, author_id uuid, purpose text, at timestamptz, surname text, first_names text,
    aliases text[], birth_date date, birth_place text, selectors jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE taken uuid[];
BEGIN
    WITH gone AS (
        DELETE FROM public.targets_outbox o WHERE o.id IN (
            SELECT q.id FROM public.targets_outbox q
             WHERE CASE WHEN wanted IS NULL THEN q.tries = 0 ELSE q.id = ANY (wanted) END AND targets.is_held(q.target_id)
             ORDER BY q.at LIMIT least(n, 500) FOR UPDATE SKIP LOCKED)
        RETURNING o.target_id)
    SELECT array_agg(DISTINCT gone.target_id) INTO taken FROM gone;
    IF taken IS NULL THEN RETURN; END IF;
    PERFORM 1 FROM public.targets_registeredtarget t WHERE t.id = ANY (taken) ORDER BY t.id FOR NO KEY UPDATE;
    RETURN QUERY
    SELECT t.id, t.owner_unit_id, t.requested_by_id, t.purpose::text, t.registered_at, t.surname::text, t.first_names::text,
           ARRAY[t.nickname, t.alias]::text[], t.birth_date, t.birth_place::text,
           jsonb_build_object('phone', t.phones, 'imei', t.imeis, 'plate', t.vehicle_plates, 'email', t.emails)
      FROM public.targets_registeredtarget t
     WHERE t.id = ANY (taken) AND t.state IN ('REGISTERED', 'CONFLICT', 'ACTIVE');
END $$;
CREATE OR REPLACE FUNCTION targets.take_withdrawn(n integer) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ WITH gone AS (
       DELETE FROM public.targets_outbox o WHERE o.id IN (
           SELECT q.id FROM public.targets_outbox q WHERE NOT targets.is_held(q.target_id)
            ORDER BY q.at LIMIT least(n, 500) FOR UPDATE SKIP LOCKED)
       RETURNING o.target_id)
   SELECT DISTINCT gone.target_id FROM gone $$;
CREATE OR REPLACE FUNCTION targets.in_conflict() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT t.id FROM public.targets_registeredtarget t WHERE t.state = 'CONFLICT' ORDER BY t.id $$;
CREATE OR REPLACE FUNCTION targets.settle(ids uuid[], conflict boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM targets.step(ARRAY(SELECT t.id FROM public.targets_registeredtarget t WHERE t.id = ANY (ids)
        AND t.state = ANY (CASE WHEN conflict THEN ARRAY['REGISTERED', 'ACTIVE'] ELSE ARRAY['REGISTERED', 'CONFLICT'] END)
      ORDER BY t.id FOR NO KEY UPDATE), 'matcher', CASE WHEN conflict THEN 'CONFLICT' ELSE 'ACTIVE' END);
END $$;
CREATE OR REPLACE FUNCTION targets.held(after uuid, n integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT t.id FROM public.targets_registeredtarget t
    WHERE t.id > after AND t.state IN ('REGISTERED', 'CONFLICT', 'ACTIVE') ORDER BY t.id LIMIT least(n, 5000) $$;
CREATE OR REPLACE FUNCTION targets.queue_again(ids uuid[]) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ WITH queued AS (
       INSERT INTO public.targets_outbox (id, target_id, at)
       SELECT gen_random_uuid(), i, clock_timestamp() FROM (SELECT DISTINCT unnest(ids) AS i) wanted
        WHERE NOT EXISTS (SELECT 1 FROM public.targets_outbox o WHERE o.target_id = i) RETURNING 1)
   SELECT count(*)::integer FROM queued $$;
GRANT EXECUTE ON FUNCTION targets.lines(integer), targets.blame(uuid, integer), targets.take(integer, uuid[]),
    targets.take_withdrawn(integer), targets.in_conflict(), targets.settle(uuid[], boolean), targets.held(uuid, integer),
    targets.queue_again(uuid[]) TO recoupe_matcher;
