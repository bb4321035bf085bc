-- The board counts across the country what nobody may read together. Only plan.figures() leaves this room: national
-- counts, and departments above the threshold of small cells; frozen once a day, so that no deposit shows at once.
CALL access.shield('plan_dailyfigure');
GRANT USAGE ON SEQUENCE plan_dailyfigure_id_seq TO recoupe_definer;

-- Who reads the board; recoupe.plan.permissions names the same roles (tested).
CREATE OR REPLACE FUNCTION plan.reads() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT access.keys() <> '{}' AND (access.has_role('investigator') OR access.has_role('unit_head')
    OR access.has_role('cross_analyst') OR access.has_role('cross_head') OR access.has_role('ofast_analyst')
    OR access.has_role('prosecutor') OR access.has_role('examining_judge') OR access.has_role('dpo')
    OR access.has_role('plan_manager')) $$;
-- Who feeds a measure: a plan manager of the unit that answers for it.
CREATE OR REPLACE FUNCTION plan.feeds(in_measure smallint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT access.keys() <> '{}' AND access.works_as('plan_manager') AND EXISTS (
    SELECT 1 FROM public.plan_card c WHERE c.id = in_measure AND c.owner_id = ANY (access.units())) $$;
-- Who writes what the committee decided: a plan manager of the office.
CREATE OR REPLACE FUNCTION plan.presides() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT access.keys() <> '{}' AND access.works_as('plan_manager') AND EXISTS (
    SELECT 1 FROM public.reference_unit u WHERE u.id = ANY (access.units()) AND u.kind = 'office') $$;
GRANT EXECUTE ON FUNCTION plan.reads(), plan.feeds(smallint), plan.presides() TO recoupe_app, recoupe_definer;

CALL access.shield('plan_card');
CALL access.grant_reading('plan_card', '', 'recoupe_app');
DROP POLICY IF EXISTS board_reads ON plan_card;
CREATE POLICY board_reads ON plan_card FOR SELECT TO recoupe_app USING ((SELECT plan.reads()));
DROP POLICY IF EXISTS setup_writes ON plan_card;
CREATE POLICY setup_writes ON plan_card TO recoupe_owner USING (true) WITH CHECK (true);

-- What is written once: read by whoever reads the board, signed by who writes it, changed by nobody.
CREATE OR REPLACE FUNCTION plan.written_once() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN RAISE EXCEPTION 'the plan keeps what was written on %', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE OR REPLACE PROCEDURE plan.keep(target regclass, writer text) LANGUAGE plpgsql AS $$
BEGIN
    CALL access.shield(target);
    CALL access.grant_reading(target, '', 'recoupe_app');
    EXECUTE format('GRANT INSERT ON %s TO recoupe_app', target);
    EXECUTE format('DROP POLICY IF EXISTS board_reads ON %s', target);
    EXECUTE format('CREATE POLICY board_reads ON %s FOR SELECT TO recoupe_app USING ((SELECT plan.reads()))', target);
    EXECUTE format('DROP POLICY IF EXISTS signed ON %s', target);
    EXECUTE format('CREATE POLICY signed ON %s FOR INSERT TO recoupe_app
                    WITH CHECK (by_id = (SELECT access.agent()) AND %s)', target, writer);
    EXECUTE format('DROP TRIGGER IF EXISTS written_once ON %s', target);
    EXECUTE format('CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON %s
                    FOR EACH ROW EXECUTE FUNCTION plan.written_once()', target);
    CALL access.demand_journal(target);
END $$;
CALL plan.keep('plan_evidence', 'plan.feeds(measure)');
CALL plan.keep('plan_value', 'plan.feeds(measure) AND left(indicator, length(measure::text) + 2) = ''m'' || measure || ''_''
    AND EXISTS (SELECT 1 FROM plan_evidence e WHERE e.id = evidence_id AND e.measure = plan_value.measure
                   AND e.by_id = plan_value.by_id)');
CALL plan.keep('plan_session', '(SELECT plan.presides())');
CALL plan.keep('plan_decision', '(SELECT plan.presides())
    AND NOT EXISTS (SELECT 1 FROM plan_evidence e WHERE e.measure = plan_decision.measure AND e.by_id = plan_decision.by_id)
    AND NOT EXISTS (SELECT 1 FROM plan_snapshot s WHERE s.session_id = plan_decision.session_id)');
CALL plan.keep('plan_snapshot', '(SELECT plan.presides())
    AND sha256 = encode(pg_catalog.sha256(convert_to(content, ''UTF8'')), ''hex'')');

-- Reports that may be counted: deposited in the last twelve months; silent and reserved ones change no figure, nor one
-- whose codes are not understood.
CREATE OR REPLACE FUNCTION plan.reports() RETURNS TABLE (id uuid, submitted_at timestamptz, departments text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.id, r.submitted_at, r.departments::text[] FROM public.intelligence_report r
     JOIN public.reference_unit u ON u.id = r.owner_unit_id
    WHERE r.submitted_at > now() - interval '1 year' AND r.submitted_at <= now()
      AND r.state NOT IN ('DRAFT', 'REJECTED', 'ERASED') AND NOT u.silent
      AND r.silent_until IS NULL
      AND r.handling <> '{}' AND r.handling <@ ARRAY['H0', 'H1', 'H2', 'H3']::varchar[]
      AND (NOT 'H3' = ANY (r.handling) OR r.h3_line = 'both') $$;

CREATE OR REPLACE FUNCTION plan.cells() RETURNS TABLE (id uuid, departments text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT u.id, u.departments::text[] FROM public.reference_unit u
    WHERE u.kind = 'cross' AND coalesce(u.opens_on, u.valid_from, '-infinity') <= current_date
      AND coalesce(u.valid_to, 'infinity') >= current_date $$;

-- The last state of each point, from its history alone.
CREATE OR REPLACE FUNCTION plan.points() RETURNS TABLE (id uuid, state text, department text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT DISTINCT ON (c.point_id) c.point_id, c.to_state::text, p.departments[1]::text
     FROM public.dealpoints_statechange c JOIN public.dealpoints_dealpoint p ON p.id = c.point_id
    WHERE c.at <= now() ORDER BY c.point_id, c.step DESC $$;

-- One row a figure: exact numbers, which do not leave plan.freeze().
CREATE OR REPLACE FUNCTION plan.counts() RETURNS TABLE (code text, department text, numerator bigint, denominator bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH delay AS MATERIALIZED (SELECT make_interval(hours => access.parameter('grading.hours')) AS hours),
    reports AS MATERIALIZED (SELECT * FROM plan.reports()),
    due AS (SELECT r.* FROM reports r WHERE r.submitted_at <= now() - (SELECT hours FROM delay)),
    first_grade AS (SELECT g.report_id, min(g.at) AS at FROM public.intelligence_gradinghistory g GROUP BY g.report_id),
    cells AS MATERIALIZED (SELECT * FROM plan.cells()),
    lively AS (SELECT array_agg(DISTINCT d) AS departments FROM reports r, unnest(r.departments) AS d
                WHERE r.submitted_at > now() - interval '90 days'),
    asked AS (SELECT r.state FROM public.crosscheck_release r
               WHERE r.asked_at > now() - interval '1 year' AND r.asked_at <= now()),
    disclosed AS (SELECT d.from_unit_id, d.to_unit_id FROM public.access_disclosure d
                   WHERE d.at > now() - interval '1 year' AND d.at <= now()),
    gave AS (SELECT DISTINCT from_unit_id AS unit FROM disclosed),
    received AS (SELECT DISTINCT to_unit_id AS unit FROM disclosed),
    points AS MATERIALIZED (SELECT * FROM plan.points()),
    entered AS (SELECT p.* FROM points p
                 WHERE p.state NOT IN ('REJECTED', 'MERGED', 'DUPLICATE') AND EXISTS (
                     SELECT 1 FROM public.dealpoints_statechange c
                      WHERE c.point_id = p.id AND c.step = 1 AND c.at > now() - interval '1 year' AND c.at <= now())),
    stock AS (SELECT * FROM points WHERE state IN ('ACTIVE', 'TARGETED', 'DISRUPTED', 'REOCCUPIED')),
    departments AS (SELECT d.code FROM public.reference_department d WHERE length(d.code) = 2
                     OR d.code IN ('971', '972', '973', '974', '976')),
    steps AS (SELECT s.objective_id, s.to_state, s.at FROM public.coordination_step s WHERE s.at <= now()),
    validated AS (SELECT DISTINCT s.objective_id FROM steps s
                   WHERE s.to_state = 'VALIDATED' AND s.at > now() - interval '1 year'),
    allocated AS (SELECT DISTINCT s.objective_id FROM steps s
                   WHERE s.to_state = 'ALLOCATED' AND s.at > now() - interval '1 year'),
    term AS MATERIALIZED (SELECT make_interval(days => access.parameter('dealpoint.clean_days')) AS long),
    -- By the day on which it held out there, entered late or not; what was no point of its own counts nowhere.
    dismantled AS (SELECT c.point_id, c.step, c.since FROM public.dealpoints_statechange c JOIN points p ON p.id = c.point_id
                    WHERE c.to_state = 'DISMANTLED' AND p.state NOT IN ('REJECTED', 'MERGED', 'DUPLICATE') AND c.at <= now()
                      AND c.since <= now() - (SELECT long FROM term) AND c.since > now() - interval '18 months')
    SELECT 'm1_reports', '', (SELECT count(*) FROM reports), NULL::bigint
    UNION ALL SELECT 'm1_graded', '', (SELECT count(*) FROM due d JOIN first_grade g ON g.report_id = d.id
         WHERE g.at <= d.submitted_at + (SELECT hours FROM delay)), (SELECT count(*) FROM due)
    UNION ALL SELECT 'm1_cells', '', (SELECT count(*) FROM cells c, lively l WHERE c.departments && l.departments),
         (SELECT count(*) FROM cells)
    UNION ALL SELECT 'm3_releases', '', (SELECT count(*) FROM asked WHERE state = 'GRANTED'), (SELECT count(*) FROM asked)
    UNION ALL SELECT 'm3_reciprocity', '', (SELECT count(*) FROM gave JOIN received USING (unit)),
         (SELECT count(*) FROM gave FULL JOIN received USING (unit))
    UNION ALL SELECT 'm5_stock', '', (SELECT count(*) FROM stock), NULL
    UNION ALL SELECT 'm5_stock', d.code, (SELECT count(*) FROM stock s WHERE s.department = d.code), NULL
         FROM public.reference_department d
    UNION ALL SELECT 'm5_confirmed', '', (SELECT count(*) FROM entered e WHERE EXISTS (
         SELECT 1 FROM public.dealpoints_statechange c WHERE c.point_id = e.id AND c.to_state = 'ACTIVE' AND c.at <= now())),
         (SELECT count(*) FROM entered)
    UNION ALL SELECT 'm7_committee', '', (SELECT count(*) FROM public.plan_session s
         WHERE s.held_on > (current_date - interval '1 year')::date AND s.held_on <= current_date), NULL
    UNION ALL SELECT 'm14_coverage', '', (SELECT count(*) FROM departments d WHERE EXISTS (
         SELECT 1 FROM cells c WHERE d.code = ANY (c.departments))), (SELECT count(*) FROM departments)
    UNION ALL SELECT 'm14_examined', '', (SELECT count(DISTINCT objective_id) FROM steps
         WHERE to_state = 'EXAMINED' AND at > now() - interval '1 year'), NULL
    UNION ALL SELECT 'm14_allocated', '', (SELECT count(*) FROM validated v WHERE EXISTS (
         SELECT 1 FROM steps s WHERE s.objective_id = v.objective_id AND s.to_state = 'ALLOCATED')),
         (SELECT count(*) FROM validated)
    UNION ALL SELECT 'm21_registered', '', count(*) FILTER (WHERE d.registered), count(*)
         FROM targets.due_cases(current_date) d WHERE d.opened_on > current_date - interval '1 year'
    UNION ALL SELECT 'm22_reoccupied', '', (SELECT count(*) FROM dismantled d WHERE EXISTS (
         SELECT 1 FROM public.dealpoints_statechange c WHERE c.point_id = d.point_id AND c.to_state = 'REOCCUPIED'
            AND c.step > d.step AND c.at <= now() AND c.since <= d.since + (SELECT long FROM term))),
         (SELECT count(*) FROM dismantled)
    UNION ALL SELECT 'm29_financial', '', (SELECT count(*) FROM allocated a JOIN public.coordination_objective o
         ON o.id = a.objective_id WHERE o.financial = 'opened'), (SELECT count(*) FROM allocated)
$$;

-- What a figure counts that is no record of anybody: open cells, covered departments and meetings of ministers are public.
CREATE OR REPLACE FUNCTION plan.is_public(in_code text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$ SELECT in_code IN ('m1_cells', 'm7_committee', 'm14_coverage') $$;

-- Below the threshold of small cells a number is not kept: nationally from 1 to k - 1, in a department from 0 to k - 1.
-- A single hidden department would follow from the total: the smallest shown one is hidden with it.
--
-- Two days are a subtraction away from each other, so what separates them obeys the same threshold: a national number is
-- shown again only when it, and the other one of its line, stayed or moved by k; a department's, and whether it is shown,
-- once a month. A line that waits keeps the moment at which it was counted.
CREATE OR REPLACE FUNCTION plan.tells_little(former bigint, present bigint, k integer) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS
$$ SELECT former IS NOT DISTINCT FROM present OR coalesce(abs(present - former) >= k, false) $$;

CREATE OR REPLACE FUNCTION plan.freeze() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    today date := (now() AT TIME ZONE 'Europe/Paris')::date;
    k integer := access.parameter('statistics.small_cell');
    former date := (SELECT max(f.day) FROM public.plan_dailyfigure f WHERE f.day < today AND f.day >= date_trunc('month', today));
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('plan.freeze'));
    DELETE FROM public.plan_dailyfigure f WHERE f.day = today;
    WITH counts AS MATERIALIZED (SELECT * FROM plan.counts()),
    national AS (SELECT c.*, NOT plan.is_public(c.code) AND c.numerator BETWEEN 1 AND k - 1 AS small_n,
                        NOT plan.is_public(c.code) AND coalesce(c.denominator BETWEEN 1 AND k - 1, false) AS small_d
                   FROM counts c WHERE c.department = ''),
    local AS (SELECT c.*, row_number() OVER (ORDER BY c.numerator, c.department) AS rank,
                     count(*) FILTER (WHERE c.numerator < k) OVER () AS hidden
                FROM counts c WHERE c.department <> '')
    INSERT INTO public.plan_dailyfigure (day, code, department, numerator, denominator, withheld, computed_at)
    SELECT today, n.code, '', CASE WHEN n.small_n THEN NULL ELSE n.numerator END,
           CASE WHEN n.small_d THEN NULL ELSE n.denominator END, n.small_n OR n.small_d, now() FROM national n
    UNION ALL
    SELECT today, l.code, l.department, l.numerator, NULL, false, now() FROM local l
     WHERE l.numerator >= k AND NOT (l.hidden = 1 AND l.rank = 2);
    IF former IS NULL THEN RETURN; END IF;
    DELETE FROM public.plan_dailyfigure f USING public.plan_dailyfigure p
     WHERE f.day = today AND f.department = '' AND p.day = former AND p.code = f.code AND p.department = ''
       AND NOT plan.is_public(f.code)
       AND NOT (f.withheld = p.withheld AND plan.tells_little(p.numerator, f.numerator, k)
                AND plan.tells_little(p.denominator, f.denominator, k));
    DELETE FROM public.plan_dailyfigure f WHERE f.day = today AND f.department <> '';
    INSERT INTO public.plan_dailyfigure (day, code, department, numerator, denominator, withheld, computed_at)
    SELECT today, p.code, p.department, p.numerator, p.denominator, p.withheld, p.computed_at
      FROM public.plan_dailyfigure p WHERE p.day = former
    ON CONFLICT (day, code, department) DO NOTHING;
END $$;

CREATE OR REPLACE FUNCTION plan.figures()
RETURNS TABLE (code text, department text, numerator bigint, denominator bigint, withheld boolean, computed_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE today date := (now() AT TIME ZONE 'Europe/Paris')::date;
BEGIN
    IF NOT plan.reads() THEN
        RAISE EXCEPTION 'the plan board is not open to this context' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM public.plan_dailyfigure f WHERE f.day = today) THEN
        PERFORM pg_advisory_xact_lock(hashtext('plan.freeze'));
        IF NOT EXISTS (SELECT 1 FROM public.plan_dailyfigure f WHERE f.day = today) THEN PERFORM plan.freeze(); END IF;
    END IF;
    RETURN QUERY SELECT f.code::text, f.department::text, f.numerator, f.denominator, f.withheld, f.computed_at
                   FROM public.plan_dailyfigure f WHERE f.day = today;
END $$;

-- What each national figure was worth on the last day of each year on which it was told: it is told again as it was.
CREATE OR REPLACE FUNCTION plan.years() RETURNS TABLE (code text, year integer, numerator bigint, denominator bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH codes AS (SELECT DISTINCT f.code FROM public.plan_dailyfigure f
                    WHERE f.day = (SELECT max(g.day) FROM public.plan_dailyfigure g) AND f.department = '' AND plan.reads()),
    first_year AS (SELECT date_part('year', min(f.day))::integer AS year FROM public.plan_dailyfigure f)
    SELECT l.code::text, y.year, l.numerator, l.denominator
      FROM codes c, first_year s, generate_series(s.year, date_part('year', current_date)::integer) AS y (year),
           LATERAL (SELECT f.code, f.numerator, f.denominator FROM public.plan_dailyfigure f
                     WHERE f.code = c.code AND f.department = '' AND NOT f.withheld
                       AND f.day BETWEEN make_date(y.year, 1, 1) AND make_date(y.year, 12, 31)
                     ORDER BY f.day DESC LIMIT 1) AS l
     ORDER BY 1, 2 $$;

GRANT EXECUTE ON FUNCTION plan.figures(), plan.years() TO recoupe_app;
GRANT EXECUTE ON FUNCTION plan.freeze() TO recoupe_worker, recoupe_owner, recoupe_definer;
GRANT EXECUTE ON FUNCTION plan.tells_little(bigint, bigint, integer), plan.reports(), plan.cells(), plan.points(), plan.counts(), plan.is_public(text)
    TO recoupe_definer;
DROP FUNCTION IF EXISTS plan.parameter(text);
