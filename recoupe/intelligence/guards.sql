-- What the database refuses about reports whatever the application asks. recoupe.intelligence.rules says the same in
-- Python; tests/attacks and every test that writes a report hold the two together.

-- ---------------------------------------------------------------------------------------------------------------
-- Who reads (S-3)
-- ---------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION intelligence.recipients(in_report uuid, in_owner uuid) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT coalesce(array_agg(DISTINCT access.key(u.id, CASE u.kind WHEN 'cross' THEN 'cell' WHEN 'office' THEN 'office' ELSE 'unit' END)), '{}')
     FROM public.access_disclosure d JOIN public.reference_unit u ON u.id = d.to_unit_id
    WHERE d.record_kind = 'report' AND d.record_id = in_report AND d.from_unit_id = in_owner $$;

CREATE OR REPLACE FUNCTION intelligence.audience(in_report uuid, in_state text, in_author uuid, in_owner uuid,
    in_departments text[], in_handling text[], in_line text, in_silent boolean) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    today date := (now() AT TIME ZONE 'Europe/Paris')::date;
    owner record;
    -- No code and an unknown code are the strictest one.
    closed boolean := in_handling = '{}' OR NOT in_handling <@ ARRAY['H0', 'H1', 'H2', 'H3'];
    reserved boolean := closed OR 'H3' = ANY (in_handling);
    found bigint[];
BEGIN
    IF in_state = 'DRAFT' THEN RETURN ARRAY[access.own_key(in_author, in_owner)]; END IF;
    IF in_state = 'ERASED' THEN RETURN '{}'; END IF;
    SELECT u.kind, u.silent INTO owner FROM public.reference_unit u WHERE u.id = in_owner;
    found := ARRAY[access.key(in_owner, CASE owner.kind WHEN 'cross' THEN 'cell' WHEN 'office' THEN 'office' ELSE 'unit' END)];
    IF in_silent OR owner.silent THEN RETURN found; END IF;
    IF NOT reserved OR (NOT closed AND in_line = 'both') THEN
        found := found || ARRAY(
            SELECT DISTINCT access.key(c.id, 'cell') FROM unnest(in_departments) AS d CROSS JOIN LATERAL (
                SELECT u.id FROM public.reference_unit u WHERE u.kind = 'cross' AND u.departments @> ARRAY[d]::varchar[]
                   AND coalesce(u.opens_on, u.valid_from, '-infinity') <= today AND coalesce(u.valid_to, 'infinity') >= today
                 ORDER BY cardinality(u.departments), u.code LIMIT 1) c);
    END IF;
    IF reserved THEN RETURN found; END IF;
    IF NOT 'H2' = ANY (in_handling) THEN
        found := found || ARRAY(SELECT access.key(u.id, 'office') FROM public.reference_unit u WHERE u.kind = 'office'
            AND coalesce(u.opens_on, u.valid_from, '-infinity') <= today AND coalesce(u.valid_to, 'infinity') >= today
            ORDER BY u.code LIMIT 1);
    END IF;
    IF in_report IS NOT NULL THEN found := found || intelligence.recipients(in_report, in_owner); END IF;
    RETURN found;
END $$;

-- A statement at a time: the rows of a file have a few audiences between them. With the definer's rights, as the
-- application may not ask who reads a report that it names: the keys of its recipients would answer (R-24).
CREATE OR REPLACE FUNCTION intelligence.check_new_readers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM (
                   SELECT DISTINCT CASE f.state WHEN 'DRAFT' THEN 'DRAFT' ELSE '' END AS state, f.author_id, f.owner_unit_id,
                          f.departments, f.handling, f.h3_line, f.silent_until IS NOT NULL AS silent, f.readers FROM fresh f) d,
               LATERAL intelligence.audience(NULL, d.state, d.author_id, d.owner_unit_id, d.departments::text[],
                   d.handling::text[], d.h3_line::text, d.silent) AS due
               WHERE NOT (access.without_joined(d.readers) @> due AND access.without_joined(d.readers) <@ due)) THEN
        RAISE EXCEPTION 'the rule says who reads a report' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION intelligence.check_changed_readers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM fresh f JOIN former o USING (id),
               LATERAL intelligence.audience(f.id, f.state::text, f.author_id, f.owner_unit_id, f.departments::text[],
                   f.handling::text[], f.h3_line::text, f.silent_until IS NOT NULL) AS due
               WHERE (f.state = 'DRAFT', f.departments, f.handling, f.h3_line, f.silent_until IS NULL, f.readers)
                     IS DISTINCT FROM
                     (o.state = 'DRAFT', o.departments, o.handling, o.h3_line, o.silent_until IS NULL, o.readers)
                 AND NOT (access.without_joined(f.readers) @> due AND access.without_joined(f.readers) <@ due)) THEN
        RAISE EXCEPTION 'the rule says who reads a report' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
-- A service joined to a cell reads what the cell reads as that of the territory; what the cell holds as its own unit or
-- received in its own name (silent, H3, a release) stays its own. After zz_join_readers, by its name.
CREATE OR REPLACE FUNCTION intelligence.own_alone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    own boolean := NEW.silent_until IS NOT NULL OR NEW.handling = '{}' OR NOT NEW.handling <@ ARRAY['H0', 'H1', 'H2', 'H3']::varchar[]
        OR ('H3' = ANY (NEW.handling) AND NEW.h3_line <> 'both')
        OR EXISTS (SELECT 1 FROM public.reference_unit u WHERE u.id = NEW.owner_unit_id AND u.silent);
    wrong_ones bigint[];
BEGIN
    SELECT array_agg(j.key) INTO wrong_ones FROM public.access_cellservice j JOIN public.reference_unit c ON c.id = j.cell_id
     WHERE j.key = ANY (NEW.readers) AND (own OR NOT c.departments && NEW.departments);
    IF wrong_ones IS NOT NULL THEN
        NEW.readers := ARRAY(SELECT k FROM unnest(NEW.readers) AS k WHERE NOT k = ANY (wrong_ones));
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS zzz_own_alone ON intelligence_report;
CREATE TRIGGER zzz_own_alone BEFORE INSERT OR UPDATE OF readers ON intelligence_report
    FOR EACH ROW EXECUTE FUNCTION intelligence.own_alone();

-- What is erased is read by nobody, whoever erases it; its register and the journal prove that it was.
CREATE OR REPLACE FUNCTION intelligence.close_erased() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    NEW.readers := '{}';
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS close_erased ON intelligence_report;
CREATE TRIGGER close_erased BEFORE UPDATE ON intelligence_report FOR EACH ROW
    WHEN (NEW.state = 'ERASED') EXECUTE FUNCTION intelligence.close_erased();

DROP TRIGGER IF EXISTS check_new_readers ON intelligence_report;
CREATE TRIGGER check_new_readers AFTER INSERT ON intelligence_report REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION intelligence.check_new_readers();
DROP TRIGGER IF EXISTS check_changed_readers ON intelligence_report;
CREATE TRIGGER check_changed_readers AFTER UPDATE ON intelligence_report REFERENCING OLD TABLE AS former NEW TABLE AS fresh
    FOR EACH STATEMENT WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION intelligence.check_changed_readers();
REVOKE EXECUTE ON FUNCTION intelligence.audience(uuid, text, uuid, uuid, text[], text[], text, boolean)
    FROM recoupe_app, recoupe_worker;
GRANT EXECUTE ON FUNCTION intelligence.audience(uuid, text, uuid, uuid, text[], text[], text, boolean) TO recoupe_definer;
GRANT EXECUTE ON FUNCTION intelligence.recipients(uuid, uuid) TO recoupe_definer;

-- ---------------------------------------------------------------------------------------------------------------
-- When it was deposited, and what it is
-- ---------------------------------------------------------------------------------------------------------------
-- The time of a deposit gives its priority: the server says it. Who writes or deposits has a role that does (P-14, P-81).
CREATE OR REPLACE FUNCTION intelligence.date_deposit() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    NEW.submitted_at := CASE WHEN NEW.state = 'DRAFT' THEN NULL ELSE clock_timestamp() END;
    NEW.collected_at := least(NEW.collected_at, clock_timestamp());
    NEW.created_at := least(NEW.created_at, clock_timestamp());
    IF (TG_OP = 'INSERT' OR NEW.state <> 'DRAFT')
       AND NOT access.writes_as('investigator', 'unit_head', 'cross_analyst', 'cross_head') THEN
        RAISE EXCEPTION 'this role deposits no report' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state NOT IN ('DRAFT', 'SUBMITTED') OR NEW.reviewed_by IS NOT NULL THEN
        RAISE EXCEPTION 'a new report is a draft or a deposit, read again by nobody' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.silent_until IS NOT NULL THEN
        RAISE EXCEPTION 'the head of its unit makes a report silent' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS date_new_deposit ON intelligence_report;
CREATE TRIGGER date_new_deposit BEFORE INSERT ON intelligence_report FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION intelligence.date_deposit();
DROP TRIGGER IF EXISTS date_deposit ON intelligence_report;
CREATE TRIGGER date_deposit BEFORE UPDATE ON intelligence_report FOR EACH ROW
    WHEN (OLD.state = 'DRAFT' AND current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION intelligence.date_deposit();

-- A judicial report stays judicial, of its procedure: it would otherwise leave without its magistrate (S-6). An
-- administrative one may become judicial. The head alone makes silent, another person than the author re-reads.
CREATE OR REPLACE FUNCTION intelligence.keep_nature() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF (NEW.frame, NEW.case_id) IS DISTINCT FROM (OLD.frame, OLD.case_id) AND OLD.frame = 'judicial' THEN
        RAISE EXCEPTION 'a judicial report stays judicial' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.collected_at, NEW.created_at, NEW.purpose) IS DISTINCT FROM (OLD.collected_at, OLD.created_at, OLD.purpose) THEN
        RAISE EXCEPTION 'a deposit keeps its date and purpose' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.silent_until, NEW.silent_reason) IS DISTINCT FROM (OLD.silent_until, OLD.silent_reason)
       AND NOT access.key(OLD.owner_unit_id, 'head') = ANY (access.keys()) THEN
        RAISE EXCEPTION 'the head of its unit makes a report silent' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.reviewed_by IS DISTINCT FROM OLD.reviewed_by AND NEW.reviewed_by IS NOT NULL
       AND (NEW.reviewed_by IS DISTINCT FROM access.agent() OR NEW.reviewed_by IN (NEW.author_id, NEW.assessment_author_id)) THEN
        RAISE EXCEPTION 'a second person re-reads, in his own name' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_nature ON intelligence_report;
CREATE TRIGGER keep_nature BEFORE UPDATE ON intelligence_report FOR EACH ROW
    WHEN (OLD.state <> 'DRAFT' AND current_user IN ('recoupe_app', 'recoupe_worker')
        AND (OLD.frame, OLD.case_id, OLD.collected_at, OLD.created_at, OLD.purpose, OLD.silent_until, OLD.silent_reason, OLD.reviewed_by)
            IS DISTINCT FROM
            (NEW.frame, NEW.case_id, NEW.collected_at, NEW.created_at, NEW.purpose, NEW.silent_until, NEW.silent_reason, NEW.reviewed_by))
    EXECUTE FUNCTION intelligence.keep_nature();

-- ---------------------------------------------------------------------------------------------------------------
-- What waits for whom
-- ---------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION intelligence.works_on(in_owner uuid, in_departments text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT in_owner = ANY (access.units()) OR in_departments && intelligence.cell_departments()
       OR (in_departments = '{}' AND access.has_role('ofast_analyst')) $$;
GRANT EXECUTE ON FUNCTION intelligence.works_on(uuid, text[]) TO recoupe_definer;

-- A report is queued by whoever may change it: it is compared again, and nothing more.
DROP POLICY IF EXISTS queue_insert ON intelligence_outbox;
CREATE OR REPLACE FUNCTION intelligence.queue(ids uuid[], in_lane text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    mine bigint[] := access.keys();
    units uuid[] := access.units();
    covered text[] := intelligence.cell_departments();
    queued integer;
BEGIN
    INSERT INTO public.intelligence_outbox (id, report_id, lane, at)
    SELECT gen_random_uuid(), r.id, in_lane, clock_timestamp() FROM public.intelligence_report r
     WHERE r.id = ANY (ids) AND in_lane IN ('express', 'bulk') AND r.state NOT IN ('DRAFT', 'ERASED') AND r.readers && mine
       AND (r.owner_unit_id = ANY (units) OR r.departments::text[] && covered
            OR (r.departments = '{}' AND access.has_role('ofast_analyst')));
    GET DIAGNOSTICS queued = ROW_COUNT;
    IF queued <> (SELECT count(DISTINCT i) FROM unnest(ids) AS i) THEN
        RAISE EXCEPTION 'not a deposit that one may change' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION intelligence.queue(uuid[], text) TO recoupe_app, recoupe_worker;
GRANT EXECUTE ON FUNCTION intelligence.cell_departments() TO recoupe_definer;

-- Whom one may tell about a report, a file or a spent budget: its author, the head of its unit, whoever works on it.
CREATE OR REPLACE FUNCTION intelligence.tells(in_record text, in_id uuid, in_key bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE r record;
BEGIN
    IF in_record = 'agent' THEN
        RETURN in_id = access.agent() AND EXISTS (SELECT 1 FROM unnest(access.units()) AS u WHERE in_key = access.key(u, 'head'));
    ELSIF in_record = 'import' THEN
        SELECT f.uploaded_by, f.owner_unit_id INTO r FROM public.intelligence_importfile f
         WHERE f.id = in_id AND f.readers && access.keys();
        RETURN FOUND AND (in_key IN (access.own_key(r.uploaded_by, r.owner_unit_id), access.key(r.owner_unit_id, 'head'))
            OR EXISTS (SELECT 1 FROM public.intelligence_report i WHERE i.import_id = in_id AND i.readers @> ARRAY[in_key]));
    END IF;
    SELECT i.author_id, i.owner_unit_id, i.readers INTO r FROM public.intelligence_report i
     WHERE i.id = in_id AND i.readers && access.keys() AND intelligence.works_on(i.owner_unit_id, i.departments::text[]);
    RETURN FOUND AND (in_key IN (access.own_key(r.author_id, r.owner_unit_id), access.key(r.owner_unit_id, 'head'))
        OR EXISTS (SELECT 1 FROM public.reference_unit u
            WHERE (u.kind = 'cross' AND in_key IN (access.key(u.id, 'cell'), access.key(u.id, 'cell_head'))
                   AND access.key(u.id, 'cell') = ANY (r.readers))
               OR (u.kind = 'office' AND in_key = access.key(u.id, 'office') AND in_key = ANY (r.readers))));
END $$;
GRANT EXECUTE ON FUNCTION intelligence.tells(text, uuid, bigint) TO recoupe_app, recoupe_worker;
DROP POLICY IF EXISTS tells_of_reports ON notices_notice;
CREATE POLICY tells_of_reports ON notices_notice FOR INSERT TO recoupe_app, recoupe_worker WITH CHECK (CASE record_kind
    WHEN 'report' THEN kind LIKE 'report\_%' WHEN 'import' THEN kind LIKE 'import\_%' OR kind = 'report_to_triage'
    WHEN 'agent' THEN kind = 'deposit_budget' ELSE false END AND intelligence.tells(record_kind, record_id, key));

-- R-CAT-1: what a person is may be left open at the deposit; said once, it changes by a correction alone.
CREATE OR REPLACE FUNCTION intelligence.keep_category() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.category <> 'unknown' OR NEW.category = 'unknown' THEN
        RAISE EXCEPTION 'a category is said once' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_category ON intelligence_person;
CREATE TRIGGER keep_category BEFORE UPDATE OF category ON intelligence_person FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION intelligence.keep_category();

-- Whether a report still worked on names a person whose category is open.
CREATE OR REPLACE FUNCTION intelligence.lacks_category(in_report uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM public.intelligence_report r WHERE r.id = in_report
            AND r.state IN ('SUBMITTED', 'TRIAGED', 'GRADED', 'INDEXED', 'CROSS_CHECKED', 'NO_HIT', 'HIT', 'DISSEMINATED', 'LINKED'))
       AND EXISTS (SELECT 1 FROM public.intelligence_person p WHERE p.report_id = in_report AND p.category = 'unknown') $$;

-- Those who may say it: its author, the cells that read it for work, else the office, else the head of its unit.
CREATE OR REPLACE FUNCTION intelligence.categorised_by(in_report uuid) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    r record;
    reading bigint[];
    working bigint[];
BEGIN
    SELECT i.* INTO r FROM public.intelligence_report i WHERE i.id = in_report;
    reading := intelligence.audience(NULL, r.state::text, r.author_id, r.owner_unit_id, r.departments::text[],
        r.handling::text[], r.h3_line::text, r.silent_until IS NOT NULL);
    working := ARRAY(SELECT access.key(u.id, 'cell') FROM public.reference_unit u
        WHERE u.kind = 'cross' AND (u.id = r.owner_unit_id OR u.departments && r.departments)
          AND access.key(u.id, 'cell') = ANY (reading));
    IF working = '{}' THEN
        working := ARRAY(SELECT access.key(u.id, 'office') FROM public.reference_unit u
            WHERE u.kind = 'office' AND access.key(u.id, 'office') = ANY (reading));
    END IF;
    IF working = '{}' THEN working := ARRAY[access.key(r.owner_unit_id, 'head')]; END IF;
    RETURN QUERY SELECT access.own_key(r.author_id, r.owner_unit_id) UNION SELECT unnest(working);
END $$;

-- The nightly job leaves their notice, one a report and a key, to those who have none: reports deposited until a day, in the
-- order of their identifiers, and how far it came.
CREATE OR REPLACE FUNCTION intelligence.tell_categories(in_day date, in_after uuid, n integer, OUT reached uuid, OUT told integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    due uuid[] := ARRAY(
        SELECT r.id FROM public.intelligence_report r
         WHERE r.id > in_after AND (r.submitted_at AT TIME ZONE 'Europe/Paris')::date <= in_day
           AND r.id IN (SELECT p.report_id FROM public.intelligence_person p WHERE p.category = 'unknown')
           AND intelligence.lacks_category(r.id) ORDER BY r.id LIMIT least(n, 100));
    named uuid[];
    keys bigint[];
BEGIN
    reached := due[cardinality(due)];
    SELECT coalesce(array_agg(d), '{}'), array_agg(k) INTO named, keys
      FROM unnest(due) AS d CROSS JOIN LATERAL intelligence.categorised_by(d) AS k
     WHERE NOT EXISTS (SELECT 1 FROM public.notices_notice w
        WHERE w.key = k AND w.record_id = d AND w.kind = 'person_category' AND w.seen_at IS NULL);
    told := cardinality(named);
    IF told > 0 THEN
        PERFORM audit.record('modify', ARRAY(SELECT DISTINCT 'report:' || i FROM unnest(named) AS i), '{}', '{"notice": "left"}', NULL, NULL);
        INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
        SELECT gen_random_uuid(), f.key, 'person_category', 'report', f.id, clock_timestamp()
          FROM unnest(named, keys) AS f (id, key) ON CONFLICT DO NOTHING;
    END IF;
END $$;

-- It first takes back those of reports that wait for it no longer: determined, corrected, filed, rejected, erased.
CREATE OR REPLACE FUNCTION intelligence.end_categories(n integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE over uuid[] := ARRAY(
    SELECT w.record_id FROM (SELECT DISTINCT record_id FROM public.notices_notice WHERE kind = 'person_category' AND seen_at IS NULL) w
     WHERE NOT intelligence.lacks_category(w.record_id) LIMIT least(n, 100));
BEGIN
    IF over <> '{}' THEN
        PERFORM audit.record('modify', ARRAY(SELECT 'report:' || i FROM unnest(over) AS i), '{}', '{"notice": "ended"}', NULL, NULL);
        UPDATE public.notices_notice SET seen_at = clock_timestamp()
         WHERE kind = 'person_category' AND seen_at IS NULL AND record_id = ANY (over);
    END IF;
    RETURN cardinality(over);
END $$;
GRANT EXECUTE ON FUNCTION intelligence.lacks_category(uuid), intelligence.categorised_by(uuid) TO recoupe_definer;
GRANT EXECUTE ON FUNCTION intelligence.tell_categories(date, uuid, integer), intelligence.end_categories(integer) TO recoupe_worker;

-- The files of a unit are read by whoever handed them in and by its head, who alone opens them (S-1).
CREATE OR REPLACE FUNCTION intelligence.keep_file() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    NEW.readers := ARRAY[access.own_key(NEW.uploaded_by, NEW.owner_unit_id), access.key(NEW.owner_unit_id, 'head')];
    IF TG_OP = 'INSERT' THEN
        IF NEW.uploaded_by <> access.agent() OR NOT NEW.owner_unit_id = ANY (access.units()) OR NEW.opened_by IS NOT NULL THEN
            RAISE EXCEPTION 'a file is handed in by oneself, for one''s unit' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.uploaded_by, NEW.owner_unit_id, NEW.mapping, NEW.sha256) IS DISTINCT FROM
       (OLD.uploaded_by, OLD.owner_unit_id, OLD.mapping, OLD.sha256)
       OR (NEW.content IS DISTINCT FROM OLD.content AND NEW.content IS NOT NULL) THEN
        RAISE EXCEPTION 'a file stays what was handed in' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.opened_by IS DISTINCT FROM OLD.opened_by AND (OLD.opened_by IS NOT NULL OR NEW.opened_by <> access.agent()
        OR NOT access.key(OLD.owner_unit_id, 'head') = ANY (access.keys())) THEN
        RAISE EXCEPTION 'the head of the unit opens a file' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_file ON intelligence_importfile;
CREATE TRIGGER keep_file BEFORE INSERT OR UPDATE OF readers, uploaded_by, owner_unit_id, mapping, sha256, content, opened_by
    ON intelligence_importfile FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION intelligence.keep_file();

-- A selector belongs to a person of its own report, or to none.
DO $$
DECLARE verb text;
BEGIN
    FOREACH verb IN ARRAY ARRAY['INSERT', 'UPDATE'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS own_person_%s ON intelligence_selector', lower(verb));
        EXECUTE format('CREATE POLICY own_person_%s ON intelligence_selector AS RESTRICTIVE FOR %s
            TO recoupe_app, recoupe_worker %s WITH CHECK (person_id IS NULL OR EXISTS (SELECT 1 FROM intelligence_person p
                WHERE p.id = person_id AND p.report_id = intelligence_selector.report_id))',
            lower(verb), verb, CASE verb WHEN 'UPDATE' THEN 'USING (true)' ELSE '' END);
    END LOOP;
END $$;

-- ---------------------------------------------------------------------------------------------------------------
-- What a service's own tool deposits (P-105): by these functions alone, in the context that its key opens
-- ---------------------------------------------------------------------------------------------------------------
-- The fingerprint of a tool's reference: of its unit and its name, so that a new key of the same tool finds what the former
-- one brought, and a reference of a file or of another tool is another thing.
CREATE OR REPLACE FUNCTION intelligence.tool_mark(in_unit uuid, in_name text, in_ref text) RETURNS uuid
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS
$$ SELECT encode(substr(sha256(convert_to(in_unit::text || ' tool ' || length(in_name) || ' ' || in_name || ' ' || in_ref, 'UTF8')), 1, 16), 'hex')::uuid $$;
GRANT EXECUTE ON FUNCTION intelligence.tool_mark(uuid, text, text) TO recoupe_definer;

-- Whether whoever answers for the acting tool still heads its unit, and may himself write for it (P-86).
CREATE OR REPLACE FUNCTION intelligence.tool_writes() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM desk.acting_tool() t JOIN public.reference_unit u ON u.id = t.unit
     JOIN public.access_habilitation h ON h.agent_id = t.answers AND h.unit_id = t.unit AND h.revoked_at IS NULL
      AND (now() AT TIME ZONE 'Europe/Paris')::date BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity')
      AND (h.role = 'unit_head' OR (h.role = 'cross_head' AND u.kind = 'cross'))
     JOIN public.access_habilitation w ON w.agent_id = h.agent_id AND w.unit_id = h.unit_id AND w.revoked_at IS NULL
      AND (now() AT TIME ZONE 'Europe/Paris')::date BETWEEN w.valid_from AND coalesce(w.valid_to, 'infinity')
     JOIN public.access_rolecapacity rc ON rc.role = w.role AND (rc.scope = 'unit' OR (rc.scope = 'cell' AND u.kind = 'cross'))
      AND rc.capacity = CASE u.kind WHEN 'cross' THEN 'cell' WHEN 'office' THEN 'office' ELSE 'unit' END) $$;
GRANT EXECUTE ON FUNCTION intelligence.tool_writes() TO recoupe_app, recoupe_definer;

-- What became of what the acting tool deposited, by its own references; nothing of anybody else.
CREATE OR REPLACE FUNCTION intelligence.tool_reports(in_refs text[])
RETURNS TABLE (own_ref text, id uuid, ref text, state text, submitted_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT w.own_ref, r.id, r.ref::text, r.state::text, r.submitted_at
     FROM desk.acting_tool() t CROSS JOIN (SELECT DISTINCT unnest(in_refs) AS own_ref) w
     JOIN public.intelligence_report r ON intelligence.tool_writes() AND r.owner_unit_id = t.unit AND r.fingerprint = intelligence.tool_mark(t.unit, t.name, w.own_ref) $$;
GRANT EXECUTE ON FUNCTION intelligence.tool_reports(text[]) TO recoupe_app, recoupe_definer;

-- Of these reports, as they are sent again, those under whose reference the acting tool's unit holds something else: compared are
-- the columns that the file import compares too. Nothing that is held comes out.
CREATE OR REPLACE FUNCTION intelligence.tool_differing(in_said text[], in_named text[], in_reports jsonb) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT i.sent ->> 'external_ref'
     FROM desk.acting_tool() t CROSS JOIN jsonb_array_elements(in_reports) AS i(sent)
     JOIN public.intelligence_report r ON intelligence.tool_writes() AND r.owner_unit_id = t.unit AND r.state <> 'ERASED'
      AND r.fingerprint = intelligence.tool_mark(t.unit, t.name, i.sent ->> 'external_ref')
    CROSS JOIN LATERAL (SELECT to_jsonb(r) AS held, to_jsonb(jsonb_populate_record(NULL::public.intelligence_report, i.sent)) AS said) w
    WHERE EXISTS (SELECT 1 FROM unnest(in_said) AS c WHERE w.held -> c IS DISTINCT FROM w.said -> c)
       OR (r.event_precision = 'interval' AND w.held -> 'event_to' IS DISTINCT FROM w.said -> 'event_to')
       OR (SELECT jsonb_agg(DISTINCT x.one ORDER BY x.one) FROM (SELECT (SELECT jsonb_agg(to_jsonb(p) -> c ORDER BY c) FROM unnest(in_named) AS c) AS one
             FROM public.intelligence_person p WHERE p.report_id = r.id) x)
          IS DISTINCT FROM (SELECT jsonb_agg(DISTINCT x.one ORDER BY x.one) FROM (SELECT (SELECT jsonb_agg(to_jsonb(p) -> c ORDER BY c) FROM unnest(in_named) AS c) AS one
             FROM jsonb_populate_recordset(NULL::public.intelligence_person, i.sent -> 'persons') p) x)
       OR (SELECT array_agg(DISTINCT s.kind || ' ' || s.value ORDER BY s.kind || ' ' || s.value) FROM public.intelligence_selector s WHERE s.report_id = r.id)
          IS DISTINCT FROM (SELECT array_agg(DISTINCT s.kind || ' ' || s.value ORDER BY s.kind || ' ' || s.value)
             FROM jsonb_populate_recordset(NULL::public.intelligence_selector, i.sent -> 'selectors') s) $$;
GRANT EXECUTE ON FUNCTION intelligence.tool_differing(text[], text[], jsonb) TO recoupe_app;

-- How much of one of its budgets the acting tool has spent on one day; the head of its unit is told once, when one is spent.
DROP FUNCTION IF EXISTS intelligence.tool_count(date, integer, integer);
CREATE OR REPLACE FUNCTION intelligence.tool_count(in_mark uuid, in_day date, n integer, in_budget integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    t record;
    counted integer;
BEGIN
    SELECT * INTO t FROM desk.acting_tool();
    IF NOT FOUND OR n < 0 THEN RAISE EXCEPTION 'a tool counts what it deposits' USING ERRCODE = 'insufficient_privilege'; END IF;
    INSERT INTO public.intelligence_depositcount AS d (id, agent_id, case_hash, day, count)
    VALUES (gen_random_uuid(), t.account, in_mark, in_day, n)
    ON CONFLICT (agent_id, day, case_hash) DO UPDATE SET count = d.count + n RETURNING d.count INTO counted;
    IF counted >= in_budget AND counted - n < in_budget THEN
        INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
        VALUES (gen_random_uuid(), access.key(t.unit, 'head'), 'deposit_budget', 'agent', t.account, clock_timestamp())
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN counted;
END $$;
GRANT EXECUTE ON FUNCTION intelligence.tool_count(uuid, date, integer, integer) TO recoupe_app;

-- One block of a batch: a file that the head who answers for the tool has handed in and opened, with its reports. Unit, author,
-- purpose, state, dates, fingerprint and readers are said here, whatever the application asks; a judicial report is of an open
-- procedure of the same unit.
CREATE OR REPLACE FUNCTION intelligence.tool_deposit(in_file jsonb, in_reports jsonb, in_persons jsonb, in_selectors jsonb, in_refusals jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    t record;
    batch uuid := (in_file ->> 'id')::uuid;
    moment timestamptz := clock_timestamp();
    ids uuid[];
BEGIN
    SELECT * INTO t FROM desk.acting_tool();
    IF NOT FOUND OR NOT intelligence.tool_writes() THEN RAISE EXCEPTION 'a tool deposits' USING ERRCODE = 'insufficient_privilege'; END IF;
    IF EXISTS (SELECT 1 FROM jsonb_to_recordset(in_reports) AS r(frame text, case_id uuid, external_ref text)
                WHERE coalesce(r.external_ref, '') = '' OR r.frame NOT IN ('administrative', 'judicial')
                   OR (r.frame = 'judicial') IS DISTINCT FROM (r.case_id IS NOT NULL)
                   OR (r.case_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM cases.tool_cases() c WHERE c.id = r.case_id))) THEN
        RAISE EXCEPTION 'a tool names an open procedure of its unit, and a reference of its own' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT array_agg(r.id) INTO ids FROM jsonb_to_recordset(in_reports) AS r(id uuid);
    INSERT INTO public.intelligence_importfile (id, owner_unit_id, readers, created_at, name, sha256, content, size, mapping, state,
        uploaded_by, opened_by, opened_at, finished_at, reason, accept_valid, rows_total, rows_valid, rows_refused, rows_done,
        rows_written, rows_known, lines_differing)
    SELECT batch, t.unit, ARRAY[access.own_key(t.answers, t.unit), access.key(t.unit, 'head')], moment, left(t.name, 200), f.sha256, NULL,
           f.size, '{}', 'DONE', t.answers, t.answers, moment, moment, '', true, f.total, f.total - f.refused, f.refused, f.total,
           coalesce(cardinality(ids), 0), f.known, f.differing
      FROM jsonb_to_record(in_file) AS f(sha256 text, size integer, total integer, refused integer, known integer, differing integer[]);
    INSERT INTO public.intelligence_importrefusal (id, import_file_id, line, field, sentence, params)
    SELECT gen_random_uuid(), batch, x.line, left(x.field, 80), left(x.sentence, 300), x.params
      FROM jsonb_to_recordset(in_refusals) AS x(line integer, field text, sentence text, params jsonb);
    INSERT INTO public.intelligence_report (id, owner_unit_id, readers, created_at, ref, author_id, state, version, purpose, source_kind,
        frame, case_id, seen_by_reporter, fact_text, assessment_text, assessment_author_id, assessment_at, event_from, event_to,
        event_precision, collected_at, submitted_at, place_kind, lon, lat, uncertainty_m, commune_code, place_text, departments,
        handling, h3_line, handling_conditions, silent_until, silent_reason, source_grade, info_grade, grade_original, grade_scheme,
        grade_doubt, products, means, violence, urgency, review_needed, import_id, external_ref, fingerprint)
    SELECT r.id, t.unit, intelligence.audience(NULL, 'SUBMITTED', t.answers, t.unit, r.departments::text[], r.handling::text[], r.h3_line::text, false),
        moment, r.ref, t.answers, 'SUBMITTED', 1, t.purpose, r.source_kind, r.frame, r.case_id, r.seen_by_reporter, r.fact_text,
        r.assessment_text, CASE WHEN r.assessment_text <> '' THEN t.answers END, CASE WHEN r.assessment_text <> '' THEN moment END,
        r.event_from, r.event_to, r.event_precision, least(coalesce(r.collected_at, moment), moment), moment, r.place_kind, r.lon, r.lat,
        r.uncertainty_m, r.commune_code, r.place_text, r.departments, r.handling, r.h3_line, r.handling_conditions, NULL, '',
        r.source_grade, r.info_grade, r.grade_original, r.grade_scheme, r.grade_doubt, r.products, r.means, r.violence, r.urgency,
        r.review_needed, batch, r.external_ref, intelligence.tool_mark(t.unit, t.name, r.external_ref)
      FROM jsonb_populate_recordset(NULL::public.intelligence_report, in_reports) r;
    INSERT INTO public.intelligence_person SELECT p.* FROM jsonb_populate_recordset(NULL::public.intelligence_person, in_persons) p
     WHERE p.report_id = ANY (ids);
    INSERT INTO public.intelligence_selector SELECT s.* FROM jsonb_populate_recordset(NULL::public.intelligence_selector, in_selectors) s
     WHERE s.report_id = ANY (ids) AND NOT s.confirmed AND (s.person_id IS NULL OR EXISTS (
        SELECT 1 FROM public.intelligence_person p WHERE p.id = s.person_id AND p.report_id = s.report_id));
    INSERT INTO public.intelligence_reporthistory (id, report_id, at, actor_id, from_state, to_state, motive)
    SELECT gen_random_uuid(), i, moment, t.answers, '', 'SUBMITTED', '' FROM unnest(ids) AS i;
    INSERT INTO public.intelligence_outbox (id, report_id, lane, at) SELECT gen_random_uuid(), i, 'bulk', moment FROM unnest(ids) AS i;
    -- One notice a batch to each cell that works on it, else to the office, else to the head of the unit.
    INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
    SELECT gen_random_uuid(), told.key, 'report_to_triage', 'import', batch, moment FROM (
        SELECT DISTINCT w.key FROM public.intelligence_report r CROSS JOIN LATERAL (
            SELECT coalesce(nullif(ARRAY(SELECT access.key(u.id, 'cell') FROM public.reference_unit u WHERE u.kind = 'cross' AND access.key(u.id, 'cell') = ANY (r.readers)), '{}'),
                            nullif(ARRAY(SELECT access.key(u.id, 'office') FROM public.reference_unit u WHERE u.kind = 'office' AND access.key(u.id, 'office') = ANY (r.readers)), '{}'),
                            ARRAY[access.key(t.unit, 'head')]) AS keys) k CROSS JOIN LATERAL unnest(k.keys) AS w(key)
         WHERE r.id = ANY (ids)) told ON CONFLICT DO NOTHING;
END $$;
GRANT EXECUTE ON FUNCTION intelligence.tool_deposit(jsonb, jsonb, jsonb, jsonb, jsonb) TO recoupe_app;
