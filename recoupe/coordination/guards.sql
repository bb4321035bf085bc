-- Whoever took the last step of an objective tells those of its cells, court and services whom the step concerns.
DROP POLICY IF EXISTS tells_of_objectives ON notices_notice;
CREATE POLICY tells_of_objectives ON notices_notice FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (record_kind = 'objective' AND kind LIKE 'objective\_%' AND EXISTS (
        SELECT 1 FROM coordination_objective o JOIN coordination_step s ON s.objective_id = o.id AND s.number = o.steps
         WHERE o.id = notices_notice.record_id AND s.actor_id = (SELECT access.agent())
           AND (EXISTS (SELECT 1 FROM unnest(o.cells) AS u WHERE notices_notice.key = access.key(u, 'cell'))
             OR (o.sent_at IS NOT NULL AND notices_notice.key = access.key(o.court_id, 'prosecutor'))
             OR EXISTS (SELECT 1 FROM unnest(ARRAY[o.lead_id, o.joint_lead_id] || o.co_services) AS u WHERE notices_notice.key = access.key(u, 'head')))));

-- An objective is proposed under one's own unit, in a role that proposes one (P-14, P-81), and keeps its reference and its origin.
DROP POLICY IF EXISTS own_name ON coordination_objective;
CREATE POLICY own_name ON coordination_objective AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (owner_unit_id = ANY ((SELECT access.units())::uuid[])
        AND (SELECT access.writes_as('unit_head', 'cross_analyst', 'cross_head')));
CREATE OR REPLACE FUNCTION coordination.keep_proposal() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN RAISE EXCEPTION 'an objective keeps its reference and its origin' USING ERRCODE = 'insufficient_privilege'; END $$;
DROP TRIGGER IF EXISTS keep_proposal ON coordination_objective;
CREATE TRIGGER keep_proposal BEFORE UPDATE OF ref, origin_kind, origin_id ON coordination_objective FOR EACH ROW
    WHEN ((OLD.ref, OLD.origin_kind, OLD.origin_id) IS DISTINCT FROM (NEW.ref, NEW.origin_kind, NEW.origin_id))
    EXECUTE FUNCTION coordination.keep_proposal();

-- Who reads an objective follows from its unit, its cells, its court once it is sent there, and the services that lead it.
CREATE OR REPLACE FUNCTION coordination.keep_readers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE today date := (now() AT TIME ZONE 'Europe/Paris')::date;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.owner_unit_id <> OLD.owner_unit_id THEN
        RAISE EXCEPTION 'an objective keeps its unit' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.readers := ARRAY(
        SELECT access.key(u.id, CASE u.kind WHEN 'cross' THEN 'cell' WHEN 'office' THEN 'office' ELSE 'unit' END)
          FROM public.reference_unit u WHERE u.id = NEW.owner_unit_id
        UNION SELECT access.key(c, 'cell') FROM unnest(NEW.cells) AS c
        UNION SELECT access.key(s, 'unit') FROM unnest(ARRAY[NEW.lead_id, NEW.joint_lead_id] || NEW.co_services) AS s
                WHERE NEW.lead_id IS NOT NULL AND s IS NOT NULL
        UNION SELECT access.key(NEW.court_id, 'prosecutor') WHERE NEW.sent_at IS NOT NULL
        UNION (SELECT access.key(u.id, 'office') FROM public.reference_unit u WHERE u.kind = 'office'
                  AND coalesce(u.opens_on, u.valid_from, '-infinity') <= today AND coalesce(u.valid_to, 'infinity') >= today
                ORDER BY u.code LIMIT 1));
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_readers ON coordination_objective;
CREATE TRIGGER keep_readers BEFORE INSERT OR UPDATE ON coordination_objective FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION coordination.keep_readers();

-- Who reads an objective that was proposed from a hit is told that the hit is withdrawn: he decides what becomes of it.
CREATE OR REPLACE FUNCTION coordination.tell_withdrawn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
    SELECT gen_random_uuid(), k, 'objective_ground_withdrawn', 'objective', o.id, clock_timestamp()
      FROM public.coordination_objective o, unnest(o.readers) AS k
     WHERE o.origin_kind = 'hit' AND o.origin_id = NEW.id ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS tell_withdrawn ON crosscheck_hitside;
CREATE TRIGGER tell_withdrawn AFTER UPDATE OF state ON crosscheck_hitside FOR EACH ROW
    WHEN (NEW.state = 'ANALYST_REVIEW' AND OLD.state <> 'ANALYST_REVIEW') EXECUTE FUNCTION coordination.tell_withdrawn();
-- The objectives that were proposed from these sides between two moments: to who oversees, else to who reads them.
CREATE OR REPLACE FUNCTION coordination.touched_by(sides uuid[], since timestamptz, until timestamptz)
RETURNS TABLE (id uuid, unit uuid, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT DISTINCT o.id, u, o.created_at FROM public.coordination_objective o, unnest(ARRAY[o.owner_unit_id, o.lead_id, o.joint_lead_id]) AS u
    WHERE o.origin_kind = 'hit' AND o.origin_id = ANY (sides) AND o.created_at >= since AND o.created_at < until
      AND u IS NOT NULL AND (audit.oversees() OR o.readers && access.keys()) $$;
GRANT EXECUTE ON FUNCTION coordination.touched_by(uuid[], timestamptz, timestamptz) TO recoupe_app;

-- A dismantling makes its checks, in its own transaction: there is none without the other, whatever is killed between them.
CREATE OR REPLACE FUNCTION coordination.make_checks() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE held date := (NEW.since AT TIME ZONE 'Europe/Paris')::date;
BEGIN
    INSERT INTO public.coordination_check (id, point_id, step, days, due_on)
    SELECT gen_random_uuid(), NEW.point_id, NEW.step, d, held + d
      FROM (SELECT access.parameter('dealpoint.check_' || n) AS d FROM generate_series(1, 4) AS n) AS after
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS make_checks ON dealpoints_statechange;
CREATE TRIGGER make_checks AFTER INSERT ON dealpoints_statechange FOR EACH ROW
    WHEN (NEW.to_state = 'DISMANTLED') EXECUTE FUNCTION coordination.make_checks();

-- Of whoever has just answered a check, the cells learn what is theirs to decide; their heads, what is a head's.
DROP POLICY IF EXISTS tells_of_checks ON notices_notice;
CREATE POLICY tells_of_checks ON notices_notice FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (record_kind = 'dealpoint' AND kind IN ('check_resold', 'check_moved', 'check_closable') AND EXISTS (
        SELECT 1 FROM coordination_answer a JOIN coordination_check k ON k.id = a.check_id JOIN dealpoints_dealpoint p ON p.id = k.point_id
         WHERE k.point_id = notices_notice.record_id AND a.actor_id = (SELECT access.agent()) AND a.at >= now() - interval '1 minute'
           AND a.seen = CASE notices_notice.kind WHEN 'check_resold' THEN 'resold' WHEN 'check_moved' THEN 'moved' ELSE 'clean' END
           AND EXISTS (SELECT 1 FROM unnest(p.cells) AS u
                WHERE notices_notice.key = access.key(u, CASE notices_notice.kind WHEN 'check_resold' THEN 'cell' ELSE 'cell_head' END))));

-- The points of which a check waits and was not told yet: on its day to the cells, once it is late to their heads.
CREATE OR REPLACE FUNCTION coordination.checks_to_tell(in_day date) RETURNS TABLE (point uuid, late boolean, due_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT k.point_id, l.late, min(k.due_on) FROM public.coordination_check k
     JOIN public.dealpoints_dealpoint p ON p.id = k.point_id AND p.state IN ('DISMANTLED', 'WATCH')
    CROSS JOIN (VALUES (false), (true)) AS l (late)
    WHERE k.due_on + CASE WHEN l.late THEN access.parameter('dealpoint.check_grace_days') + 1 ELSE 0 END <= in_day
      AND NOT EXISTS (SELECT 1 FROM public.coordination_answer a WHERE a.check_id = k.id)
      AND NOT EXISTS (SELECT 1 FROM public.coordination_check after WHERE after.point_id = k.point_id AND after.step > k.step)
      AND NOT EXISTS (SELECT 1 FROM public.notices_notice n WHERE n.record_id = k.point_id
               AND n.kind = CASE WHEN l.late THEN 'check_late' ELSE 'check_due' END
               AND (n.seen_at IS NULL OR (n.at AT TIME ZONE 'Europe/Paris')::date >= k.due_on))
    GROUP BY k.point_id, l.late ORDER BY 1, 2 LIMIT 1000 $$;
CREATE OR REPLACE FUNCTION coordination.tell_checks(in_day date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at, due_at)
   SELECT gen_random_uuid(), access.key(c, CASE WHEN t.late THEN 'cell_head' ELSE 'cell' END),
          CASE WHEN t.late THEN 'check_late' ELSE 'check_due' END, 'dealpoint', t.point, clock_timestamp(),
          (t.due_on + access.parameter('dealpoint.check_grace_days') + 1)::timestamp AT TIME ZONE 'Europe/Paris'
     FROM coordination.checks_to_tell(in_day) t JOIN public.dealpoints_dealpoint p ON p.id = t.point
    CROSS JOIN LATERAL unnest(p.cells) AS c ON CONFLICT DO NOTHING $$;
GRANT EXECUTE ON FUNCTION coordination.checks_to_tell(date), coordination.tell_checks(date) TO recoupe_worker;
