-- Words without their accents, in French. They are kept beside the text: a search looks at a thousand rows of a list, and
-- taking their texts apart cost 20 ms. The index starts with the reader keys, so that what may not be read is not met.
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_ts_config WHERE cfgname = 'recoupe_fr' AND cfgnamespace = 'public'::regnamespace) THEN
        CREATE TEXT SEARCH CONFIGURATION public.recoupe_fr (COPY = pg_catalog.french);
        IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'unaccent') THEN
            ALTER TEXT SEARCH CONFIGURATION public.recoupe_fr
                ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
        END IF;
    END IF;
END $$;
DROP INDEX IF EXISTS intelligence_report_words;
DO $$ BEGIN
    -- Facts alone were kept at first; whoever reads a report reads its assessment and its place too (P-12).
    IF EXISTS (SELECT 1 FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                WHERE a.attrelid = 'intelligence_report'::regclass AND a.attname = 'words'
                  AND pg_get_expr(d.adbin, d.adrelid) NOT LIKE '%place_text%') THEN
        ALTER TABLE intelligence_report DROP COLUMN words;
    END IF;
END $$;
ALTER TABLE intelligence_report ADD COLUMN IF NOT EXISTS words tsvector GENERATED ALWAYS AS
    (to_tsvector('public.recoupe_fr', fact_text || E'\n' || assessment_text || E'\n' || place_text)) STORED;
CREATE INDEX IF NOT EXISTS intelligence_report_lexemes ON intelligence_report USING gin (readers, words);

-- Reports and what hangs on them; every table of the room is named here.
SELECT access.protect('intelligence_report');
REVOKE SELECT (words) ON intelligence_report FROM recoupe_app, recoupe_worker;
SELECT access.protect_child('intelligence_attachment', 'report_id', 'intelligence_report');
SELECT access.protect_child('intelligence_person', 'report_id', 'intelligence_report');
SELECT access.protect_child('intelligence_selector', 'report_id', 'intelligence_report');
-- What a report mentions carries the reader keys of its report, written by the base alone, for the index of the holders of an identifier.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['selector', 'person'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = ('intelligence_' || t)::regclass AND attname = 'read_by' AND NOT attisdropped) THEN
            EXECUTE format('ALTER TABLE intelligence_%s ADD COLUMN read_by bigint[] NOT NULL DEFAULT ''{}''', t);
            EXECUTE format('ALTER TABLE intelligence_%s DISABLE TRIGGER USER', t);
            EXECUTE format('UPDATE intelligence_%s m SET read_by = r.readers FROM intelligence_report r WHERE r.id = m.report_id', t);
            EXECUTE format('ALTER TABLE intelligence_%s ENABLE TRIGGER USER', t);
        END IF;
        EXECUTE format('REVOKE SELECT (read_by) ON intelligence_%s FROM recoupe_app, recoupe_worker', t);
    END LOOP;
END $$;
-- A short list of what waits to be indexed: each look walks it, whoever asks.
CREATE INDEX IF NOT EXISTS intelligence_selector_held ON intelligence_selector USING gin (read_by, hashtextextended(value, 0)) WITH (gin_pending_list_limit = 64);
CREATE INDEX IF NOT EXISTS intelligence_person_held ON intelligence_person USING gin (read_by, hashtextextended(key, 0)) WITH (gin_pending_list_limit = 64)
    WHERE key > '';

CREATE OR REPLACE FUNCTION intelligence.read_as_report() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    NEW.read_by := (SELECT r.readers FROM public.intelligence_report r WHERE r.id = NEW.report_id);
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION intelligence.mentions_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    moved uuid[] := (SELECT array_agg(n.id) FROM fresh n JOIN former o USING (id) WHERE n.readers IS DISTINCT FROM o.readers);
BEGIN
    IF moved IS NOT NULL THEN
        UPDATE public.intelligence_selector s SET read_by = s.read_by WHERE s.report_id = ANY (moved);
        UPDATE public.intelligence_person p SET read_by = p.read_by WHERE p.report_id = ANY (moved);
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS read_as_report ON intelligence_selector;
CREATE TRIGGER read_as_report BEFORE INSERT OR UPDATE ON intelligence_selector FOR EACH ROW EXECUTE FUNCTION intelligence.read_as_report();
DROP TRIGGER IF EXISTS read_as_report ON intelligence_person;
CREATE TRIGGER read_as_report BEFORE INSERT OR UPDATE ON intelligence_person FOR EACH ROW EXECUTE FUNCTION intelligence.read_as_report();
DROP TRIGGER IF EXISTS mentions_follow ON intelligence_report;
CREATE TRIGGER mentions_follow AFTER UPDATE ON intelligence_report REFERENCING OLD TABLE AS former NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION intelligence.mentions_follow();

SELECT access.protect_child('intelligence_reporthistory', 'report_id', 'intelligence_report');
SELECT access.protect_child('intelligence_gradinghistory', 'report_id', 'intelligence_report');
SELECT access.protect_child('intelligence_reportversion', 'report_id', 'intelligence_report');
SELECT access.protect('intelligence_importfile');
SELECT access.protect_child('intelligence_importrefusal', 'import_file_id', 'intelligence_importfile');

-- Reading is not working on it: a report is changed by its own unit, by the cells of its departments, by the office where
-- no cell is concerned. Whoever reads it by a release changes nothing, whatever the application asks.
CREATE OR REPLACE FUNCTION intelligence.cell_departments() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT coalesce(array_agg(DISTINCT d), '{}')::text[] FROM public.reference_unit u, unnest(u.departments) AS d
    WHERE u.kind = 'cross' AND access.key(u.id, 'cell') = ANY (access.keys()) $$;
GRANT EXECUTE ON FUNCTION intelligence.cell_departments() TO recoupe_app, recoupe_worker;

DO $$
DECLARE
    t text;
    worked text := '(r.owner_unit_id = ANY ((SELECT access.units())::uuid[])
        OR r.departments::text[] && (SELECT intelligence.cell_departments())::text[]
        OR (r.departments = ''{}'' AND (SELECT access.has_role(''ofast_analyst''))))';
    child text := format('EXISTS (SELECT 1 FROM intelligence_report r WHERE r.id = report_id AND %s)', worked);
BEGIN
    EXECUTE 'DROP POLICY IF EXISTS readers_update ON intelligence_report';
    EXECUTE format('CREATE POLICY readers_update ON intelligence_report FOR UPDATE TO recoupe_app, recoupe_worker
        USING (readers && (SELECT access.keys()) AND %s) WITH CHECK (true)', replace(worked, 'r.', ''));
    FOREACH t IN ARRAY ARRAY['attachment', 'person', 'selector', 'reporthistory', 'gradinghistory', 'reportversion'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS parent_insert ON intelligence_%s', t);
        EXECUTE format('CREATE POLICY parent_insert ON intelligence_%s FOR INSERT TO recoupe_app, recoupe_worker
            WITH CHECK (%s)', t, child);
        EXECUTE format('DROP POLICY IF EXISTS parent_update ON intelligence_%s', t);
        EXECUTE format('CREATE POLICY parent_update ON intelligence_%s FOR UPDATE TO recoupe_app, recoupe_worker
            USING (%s) WITH CHECK (%s)', t, child, child);
    END LOOP;
    -- A correction replaces what a report mentions; its former version keeps what it said.
    FOREACH t IN ARRAY ARRAY['person', 'selector'] LOOP
        EXECUTE format('GRANT DELETE ON intelligence_%s TO recoupe_app', t);
        EXECUTE format('DROP POLICY IF EXISTS parent_delete ON intelligence_%s', t);
        EXECUTE format('CREATE POLICY parent_delete ON intelligence_%s FOR DELETE TO recoupe_app USING (%s)', t, child);
    END LOOP;
    -- A former version may say what was taken out before a release: it is read by those who work on the report.
    EXECUTE 'DROP POLICY IF EXISTS parent_select ON intelligence_reportversion';
    EXECUTE format('CREATE POLICY parent_select ON intelligence_reportversion FOR SELECT TO recoupe_app, recoupe_worker
        USING (%s)', child);
    -- What is signed is signed by whoever acts.
    FOREACH t IN ARRAY ARRAY['attachment', 'gradinghistory', 'reportversion'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS own_hand ON intelligence_%s', t);
        EXECUTE format('CREATE POLICY own_hand ON intelligence_%s AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
            WITH CHECK (author_id = (SELECT access.agent()))', t);
    END LOOP;
END $$;

-- A report is written in one's own name and unit; a file that the head has opened, in the name of whoever handed it in.
DROP POLICY IF EXISTS readers_insert ON intelligence_report;
CREATE POLICY readers_insert ON intelligence_report FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (readers && (SELECT access.keys()) AND owner_unit_id = ANY ((SELECT access.units())::uuid[])
        AND (author_id = (SELECT access.agent()) OR EXISTS (SELECT 1 FROM intelligence_importfile f
              WHERE f.id = import_id AND f.uploaded_by = author_id AND f.opened_by IS NOT NULL)));
DROP POLICY IF EXISTS own_hand ON intelligence_reporthistory;
CREATE POLICY own_hand ON intelligence_reporthistory AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (actor_id = (SELECT access.agent()) OR (from_state = '' AND EXISTS (SELECT 1 FROM intelligence_report r
              WHERE r.id = report_id AND r.import_id IS NOT NULL AND r.author_id = actor_id)));

-- What is deposited keeps its unit, its author, its reference and its date, and is not withdrawn (S-1); who reads it is
-- for its own unit to say.
CREATE OR REPLACE FUNCTION intelligence.keep_deposit() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.owner_unit_id <> OLD.owner_unit_id OR NEW.author_id <> OLD.author_id
       OR (OLD.state <> 'DRAFT' AND (NEW.state = 'DRAFT' OR NEW.ref IS DISTINCT FROM OLD.ref
           OR NEW.submitted_at IS DISTINCT FROM OLD.submitted_at OR NEW.import_id IS DISTINCT FROM OLD.import_id
           OR NEW.fingerprint IS DISTINCT FROM OLD.fingerprint)) THEN
        RAISE EXCEPTION 'a deposit keeps its unit, author, reference and date' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF current_user IN ('recoupe_app', 'recoupe_worker') AND NEW.readers IS DISTINCT FROM OLD.readers
       AND NOT OLD.owner_unit_id = ANY (access.units()) THEN
        RAISE EXCEPTION 'its own unit says who reads a report' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_deposit ON intelligence_report;
CREATE TRIGGER keep_deposit BEFORE UPDATE ON intelligence_report FOR EACH ROW
    WHEN ((OLD.owner_unit_id, OLD.author_id, OLD.state, OLD.ref, OLD.submitted_at, OLD.import_id, OLD.fingerprint, OLD.readers)
        IS DISTINCT FROM
        (NEW.owner_unit_id, NEW.author_id, NEW.state, NEW.ref, NEW.submitted_at, NEW.import_id, NEW.fingerprint, NEW.readers))
    EXECUTE FUNCTION intelligence.keep_deposit();

CALL access.follow_in_list('intelligence_report', 1::smallint, 'collected_at');
DROP FUNCTION IF EXISTS intelligence.relist(uuid[]);

CREATE OR REPLACE FUNCTION intelligence.throw_away(ids uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    DELETE FROM public.intelligence_attachment WHERE report_id = ANY (ids);
    DELETE FROM public.intelligence_selector WHERE report_id = ANY (ids);
    DELETE FROM public.intelligence_person WHERE report_id = ANY (ids);
    DELETE FROM public.intelligence_report WHERE id = ANY (ids) AND state = 'DRAFT';
END $$;
GRANT EXECUTE ON FUNCTION intelligence.throw_away(uuid[]) TO recoupe_definer;

-- A draft may be thrown away by its author, in the unit where he reads it; nothing that was deposited may (S-1).
CREATE OR REPLACE FUNCTION intelligence.discard(in_report uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM 1 FROM public.intelligence_report r
      WHERE r.id = in_report AND r.state = 'DRAFT' AND r.author_id = access.agent() AND r.readers && access.keys() FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM intelligence.throw_away(ARRAY[in_report]);
    RETURN true;
END $$;

-- A draft whose author has left its unit is reached by nobody: it goes some time after him, if he has not come back.
CREATE OR REPLACE FUNCTION intelligence.discard_left(in_before timestamptz, n integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE left_ones uuid[] := ARRAY(
    SELECT r.id FROM public.intelligence_report r JOIN public.access_agent a ON a.id = r.author_id
     WHERE r.state = 'DRAFT' AND (NOT a.active OR a.unit_id <> r.owner_unit_id) AND a.placed_at < in_before
     ORDER BY r.id LIMIT least(n, 100) FOR UPDATE OF r);
BEGIN
    IF left_ones <> '{}' THEN
        PERFORM audit.record('erase', ARRAY(SELECT 'report:' || l FROM unnest(left_ones) AS l), '{}', '{"state": "DRAFT"}', NULL, NULL);
        PERFORM intelligence.throw_away(left_ones);
    END IF;
    RETURN cardinality(left_ones);
END $$;
GRANT EXECUTE ON FUNCTION intelligence.discard_left(timestamptz, integer) TO recoupe_worker;

-- A line of the register is read with its record: what silence or H3 suspends is no longer listed to who received it.
DROP POLICY IF EXISTS of_a_record_read ON access_disclosure;
CREATE POLICY of_a_record_read ON access_disclosure AS RESTRICTIVE FOR SELECT TO recoupe_app, recoupe_worker
    USING (CASE record_kind WHEN 'report' THEN EXISTS (SELECT 1 FROM intelligence_report r WHERE r.id = record_id) ELSE false END);

-- Histories are written once: neither a grade nor a move is ever rewritten; nor what was joined, nor why a line was refused.
REVOKE UPDATE ON intelligence_reporthistory, intelligence_gradinghistory, intelligence_reportversion, intelligence_attachment,
    intelligence_importrefusal, intelligence_person FROM recoupe_app, recoupe_worker;
-- A correction writes persons anew; their category alone is said later (guards.sql).
GRANT UPDATE (category) ON intelligence_person TO recoupe_app;

-- The queue: whoever may change a report queues it (guards.sql), the matcher alone takes from it, by the functions below.
CALL access.shield('intelligence_outbox');
CREATE OR REPLACE FUNCTION intelligence.wake_matcher() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM access.wake(l.lane::text) FROM (SELECT DISTINCT lane FROM fresh) l;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS wake_matcher ON intelligence_outbox;
CREATE TRIGGER wake_matcher AFTER INSERT ON intelligence_outbox REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION intelligence.wake_matcher();

-- Deposits are counted by this function alone, for whoever acts.
CALL access.shield('intelligence_depositcount');
DROP FUNCTION IF EXISTS intelligence.deposit(uuid, date);
CREATE OR REPLACE FUNCTION intelligence.deposit(in_case uuid, in_day date, n integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ INSERT INTO public.intelligence_depositcount AS d (id, agent_id, case_hash, day, count)
   VALUES (gen_random_uuid(), access.agent(), in_case, in_day, greatest(n, 1))
   ON CONFLICT (agent_id, day, case_hash) DO UPDATE SET count = d.count + greatest(n, 1) RETURNING d.count $$;

-- Lines of a lane, by id, for a matcher that must find the one that fails: `tried` are those that failed and are due again.
CREATE OR REPLACE FUNCTION intelligence.lines(in_lane text, tried boolean, n integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT o.id FROM public.intelligence_outbox o
    WHERE o.lane = in_lane AND (o.tries IS NOT NULL) = tried AND o.parked_at IS NULL
      AND (o.retry_at IS NULL OR o.retry_at <= clock_timestamp()) ORDER BY o.at LIMIT least(n, 500) $$;

-- A line that failed alone: it waits before its next try, or is parked after the last one. Never what the error said.
CREATE OR REPLACE FUNCTION intelligence.blame(in_line uuid, in_fault text, in_wait interval, most integer)
RETURNS TABLE (report_id uuid, parked boolean)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ UPDATE public.intelligence_outbox o
      SET tries = coalesce(o.tries, 0) + 1, fault = left(in_fault, 60), retry_at = clock_timestamp() + in_wait * (coalesce(o.tries, 0) + 1),
          parked_at = CASE WHEN coalesce(o.tries, 0) + 1 >= most THEN clock_timestamp() END
    WHERE o.id = in_line AND o.parked_at IS NULL RETURNING o.report_id, o.parked_at IS NOT NULL $$;

-- Parked lines go back to their queue, as if they had never failed; their reports, for the journal.
CREATE OR REPLACE FUNCTION intelligence.unpark() RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ UPDATE public.intelligence_outbox o SET tries = NULL, fault = NULL, retry_at = NULL, parked_at = NULL
    WHERE o.parked_at IS NOT NULL RETURNING o.report_id $$;

-- How many are parked, by class of error, without a reference: for the administrator and for `recoupe check`.
CREATE OR REPLACE FUNCTION intelligence.parked() RETURNS TABLE (lane text, fault text, lines bigint, oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT o.lane::text, o.fault::text, count(*), min(o.parked_at) FROM public.intelligence_outbox o
    WHERE o.parked_at IS NOT NULL AND (access.has_role('sysadmin') OR session_user = 'recoupe_owner')
    GROUP BY o.lane, o.fault ORDER BY o.lane, o.fault $$;

-- What waits for its cross-check, taken out of the queue in the transaction that writes its hits. A report whose
-- selectors an analyst confirmed becomes CROSS_CHECKED here: the state is true exactly when that transaction commits.
DROP FUNCTION IF EXISTS intelligence.take(text, integer);
DROP FUNCTION IF EXISTS intelligence.take_lines(uuid[]);
CREATE FUNCTION intelligence.take_lines(lines uuid[])
RETURNS TABLE (report_id uuid, unit_id uuid, author_id uuid, frame text, purpose text, handling text[], h3_line text,
    silent boolean, departments text[], import_id uuid, at timestamptz, selectors jsonb, subjects jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    taken uuid[];
    checked uuid[];
BEGIN
    WITH gone AS (
        DELETE FROM public.intelligence_outbox o WHERE o.id IN (
            SELECT q.id FROM public.intelligence_outbox q
             WHERE q.id = ANY (lines) AND q.lane <> 'erasure' FOR UPDATE SKIP LOCKED)
        RETURNING o.report_id)
    SELECT array_agg(DISTINCT gone.report_id) INTO taken FROM gone;
    IF taken IS NULL THEN RETURN; END IF;
    -- Its reports first, then what follows from them: the order in which whoever changes a report locks them.
    PERFORM 1 FROM public.intelligence_report r WHERE r.id = ANY (taken) ORDER BY r.id FOR NO KEY UPDATE;
    -- What is read now is newer than what failed then.
    DELETE FROM public.intelligence_outbox o
     WHERE o.report_id = ANY (taken) AND o.tries IS NOT NULL AND o.lane <> 'erasure';
    SELECT array_agg(r.id ORDER BY r.id) INTO checked FROM public.intelligence_report r
     WHERE r.id = ANY (taken) AND r.state = 'INDEXED';
    IF checked IS NOT NULL THEN
        PERFORM intelligence.move(checked, ARRAY['INDEXED'], 'CROSS_CHECKED');
    END IF;
    RETURN QUERY
    SELECT r.id, r.owner_unit_id, r.author_id, r.frame::text, r.purpose::text, r.handling::text[], r.h3_line::text,
           r.silent_until IS NOT NULL, r.departments::text[],
           r.import_id, r.submitted_at,
           coalesce((SELECT jsonb_agg(jsonb_build_array(s.kind, s.value, s.valid)) FROM public.intelligence_selector s
                      WHERE s.report_id = r.id AND NOT s.set_aside), '[]')
           || coalesce((SELECT jsonb_agg(jsonb_build_array('person', p.key, NULL)) FROM public.intelligence_person p
                         WHERE p.report_id = r.id AND p.key > ''), '[]'),
           -- Whoever it names, as written, with what is said to be his: all of the report where he is alone in it.
           coalesce((SELECT jsonb_agg(jsonb_build_object('family', p.family, 'given', p.given, 'aliases', p.aliases,
                            'birth', jsonb_build_array(p.birth_day, p.birth_month, p.birth_year),
                            'birth_place', p.birth_commune, 'selectors', coalesce((
                                SELECT jsonb_agg(jsonb_build_array(s.kind, s.raw)) FROM public.intelligence_selector s
                                 WHERE s.report_id = r.id AND NOT s.set_aside AND (s.person_id = p.id OR s.person_id IS NULL
                                       AND NOT EXISTS (SELECT 1 FROM public.intelligence_person other
                                                        WHERE other.report_id = r.id AND other.id <> p.id))), '[]')))
                       FROM public.intelligence_person p WHERE p.report_id = r.id), '[]')
      FROM public.intelligence_report r
     WHERE r.id = ANY (taken) AND r.state NOT IN ('DRAFT', 'ERASED');
END $$;

-- The next lines of a lane; those that failed are taken by their id, one at a time.
CREATE FUNCTION intelligence.take(in_lane text, n integer)
RETURNS TABLE (report_id uuid, unit_id uuid, author_id uuid, frame text, purpose text, handling text[], h3_line text,
    silent boolean, departments text[], import_id uuid, at timestamptz, selectors jsonb, subjects jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE next uuid[];
BEGIN
    SELECT array_agg(q.id) INTO next FROM (
        SELECT o.id FROM public.intelligence_outbox o WHERE o.lane = in_lane AND o.tries IS NULL
         ORDER BY o.at LIMIT least(n, 500) FOR UPDATE SKIP LOCKED) q;
    IF next IS NULL THEN RETURN; END IF;
    RETURN QUERY SELECT * FROM intelligence.take_lines(next);
END $$;

-- Erasure: whatever erases a deposited report, by its state or by its row, also queues its withdrawal from the cross-check.
CREATE OR REPLACE FUNCTION intelligence.withdraw() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.intelligence_outbox (id, report_id, lane, at)
    VALUES (gen_random_uuid(), OLD.id, 'erasure', clock_timestamp());
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS withdraw_erased ON intelligence_report;
CREATE TRIGGER withdraw_erased AFTER UPDATE OF state ON intelligence_report FOR EACH ROW
    WHEN (NEW.state = 'ERASED' AND OLD.state <> 'ERASED') EXECUTE FUNCTION intelligence.withdraw();
DROP TRIGGER IF EXISTS withdraw_deleted ON intelligence_report;
CREATE TRIGGER withdraw_deleted AFTER DELETE ON intelligence_report FOR EACH ROW
    WHEN (OLD.state NOT IN ('DRAFT', 'ERASED')) EXECUTE FUNCTION intelligence.withdraw();

-- Reports that are no longer compared, taken out of their queue in the transaction that takes them out of the index;
-- what else waited for them goes with it.
CREATE OR REPLACE FUNCTION intelligence.take_withdrawn(lines uuid[], n integer) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE taken uuid[];
BEGIN
    WITH gone AS (
        DELETE FROM public.intelligence_outbox o WHERE o.id IN (
            SELECT q.id FROM public.intelligence_outbox q WHERE q.lane = 'erasure'
               AND CASE WHEN lines IS NULL THEN q.tries IS NULL ELSE q.id = ANY (lines) END
             ORDER BY q.at LIMIT least(n, 500) FOR UPDATE SKIP LOCKED)
        RETURNING o.report_id)
    SELECT array_agg(DISTINCT gone.report_id) INTO taken FROM gone;
    IF taken IS NULL THEN RETURN; END IF;
    DELETE FROM public.intelligence_outbox o WHERE o.report_id = ANY (taken) AND o.tries IS NOT NULL;
    RETURN QUERY SELECT unnest(taken);
END $$;

-- What ought to be in the index, page by page: identifiers alone, for a matcher that looks whether it holds them.
CREATE OR REPLACE FUNCTION intelligence.deposited(after uuid, n integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.id FROM public.intelligence_report r WHERE r.id > after AND r.state NOT IN ('DRAFT', 'ERASED')
    ORDER BY r.id LIMIT least(n, 5000) $$;

-- Reports that the index lacks go back to the lane of files, what it holds without a report to that of erasure; not those
-- that wait already. Returns how many.
CREATE OR REPLACE FUNCTION intelligence.queue_again(ids uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE queued integer;
BEGIN
    INSERT INTO public.intelligence_outbox (id, report_id, lane, at)
    SELECT gen_random_uuid(), i, CASE WHEN r.id IS NULL THEN 'erasure' ELSE 'bulk' END, clock_timestamp()
      FROM (SELECT DISTINCT unnest(ids) AS i) wanted
      LEFT JOIN public.intelligence_report r ON r.id = i AND r.state NOT IN ('DRAFT', 'ERASED')
     WHERE NOT EXISTS (SELECT 1 FROM public.intelligence_outbox o WHERE o.report_id = i);
    GET DIAGNOSTICS queued = ROW_COUNT;
    RETURN queued;
END $$;

-- Moves by a process: journaled in a hundred references an entry, with a line of history each. Called by the two others.
CREATE OR REPLACE FUNCTION intelligence.move(ids uuid[], sources text[], target text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    first integer;
    moved integer := 0;
    part integer;
BEGIN
    FOR first IN SELECT generate_series(1, cardinality(ids), 100) LOOP
        PERFORM audit.record('modify', ARRAY(SELECT 'report:' || i FROM unnest(ids[first:first + 99]) AS i), '{}',
            jsonb_build_object('state', target), NULL, NULL);
    END LOOP;
    WITH old AS (
        SELECT r.id, r.state FROM public.intelligence_report r
         WHERE r.id = ANY (ids) AND r.state = ANY (sources) ORDER BY r.id FOR UPDATE
    ), done AS (
        UPDATE public.intelligence_report r SET state = target FROM old WHERE r.id = old.id RETURNING r.id
    )
    INSERT INTO public.intelligence_reporthistory (id, report_id, at, actor_id, from_state, to_state, motive)
    SELECT gen_random_uuid(), old.id, clock_timestamp(), NULL, old.state, target, '' FROM old JOIN done USING (id);
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END $$;

-- The matcher says which cross-checked reports have a hit that their own side was told of, and which have none.
CREATE OR REPLACE FUNCTION intelligence.settle(ids uuid[], hit boolean) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    sources text[] := CASE WHEN hit THEN ARRAY['CROSS_CHECKED', 'NO_HIT'] ELSE ARRAY['CROSS_CHECKED'] END;
    ready uuid[];
BEGIN
    SELECT array_agg(r.id) INTO ready FROM public.intelligence_report r WHERE r.id = ANY (ids) AND r.state = ANY (sources);
    IF ready IS NULL THEN RETURN 0; END IF;
    RETURN intelligence.move(ready, sources, CASE WHEN hit THEN 'HIT' ELSE 'NO_HIT' END);
END $$;

-- Silence is dated (S-3): the worker finds what is over and ends it; who reads it again is for the rule to say.
DROP FUNCTION IF EXISTS intelligence.silences_over(date);
CREATE OR REPLACE FUNCTION intelligence.silences_over(in_day date) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.id FROM public.intelligence_report r WHERE r.silent_until < in_day ORDER BY r.id LIMIT 500 $$;

DROP FUNCTION IF EXISTS intelligence.end_silence(uuid, date, bigint[]);
CREATE OR REPLACE FUNCTION intelligence.end_silence(in_report uuid, in_day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE now_state text;
BEGIN
    UPDATE public.intelligence_report r SET silent_until = NULL, silent_reason = '', readers = ARRAY(
           SELECT DISTINCT k FROM unnest(intelligence.audience(r.id, r.state::text, r.author_id, r.owner_unit_id,
               r.departments::text[], r.handling::text[], r.h3_line::text, false)) AS k ORDER BY k)
     WHERE r.id = in_report AND r.silent_until < in_day RETURNING r.state INTO now_state;
    IF NOT FOUND THEN RETURN false; END IF;
    INSERT INTO public.intelligence_reporthistory (id, report_id, at, actor_id, from_state, to_state, motive)
    VALUES (gen_random_uuid(), in_report, clock_timestamp(), NULL, now_state, now_state, '');
    INSERT INTO public.intelligence_outbox (id, report_id, lane, at)
    VALUES (gen_random_uuid(), in_report, 'express', clock_timestamp());
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION intelligence.silences_over(date), intelligence.end_silence(uuid, date) TO recoupe_worker;

-- Whether a report that the caller reads still waits; of any other it answers as of none.
CREATE OR REPLACE FUNCTION intelligence.pending(in_report uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM public.intelligence_report r WHERE r.id = in_report AND r.readers && access.keys())
       AND EXISTS (SELECT 1 FROM public.intelligence_outbox o WHERE o.report_id = in_report AND o.parked_at IS NULL) $$;

-- The same of a file: whether any of its reports still waits.
CREATE OR REPLACE FUNCTION intelligence.import_pending(in_import uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM public.intelligence_importfile f WHERE f.id = in_import AND f.readers && access.keys())
       AND EXISTS (SELECT 1 FROM public.intelligence_report r JOIN public.intelligence_outbox o ON o.report_id = r.id
                    WHERE r.import_id = in_import AND o.parked_at IS NULL) $$;
GRANT EXECUTE ON FUNCTION intelligence.import_pending(uuid) TO recoupe_app, recoupe_worker;

-- Whether its cross-check failed for good until the administrator has it tried again.
CREATE OR REPLACE FUNCTION intelligence.is_parked(in_report uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT EXISTS (SELECT 1 FROM public.intelligence_report r WHERE r.id = in_report AND r.readers && access.keys())
       AND EXISTS (SELECT 1 FROM public.intelligence_outbox o WHERE o.report_id = in_report AND o.parked_at IS NOT NULL) $$;

-- How many reports wait for their cross-check, and since when: the administrator's figure, without a reference.
CREATE OR REPLACE FUNCTION intelligence.backlog() RETURNS TABLE (lane text, waiting bigint, oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT o.lane::text, count(*), min(o.at) FROM public.intelligence_outbox o
    WHERE access.has_role('sysadmin') AND o.parked_at IS NULL GROUP BY o.lane ORDER BY o.lane $$;

-- The one listed function of text search: newest first among what the acting context may read, never a count.
-- A frequent word is met among the newest thousand of the list, a rare one through the index: sorting all that a frequent
-- word meets took seconds. Whoever reads less than a thousand reports never touches the index. It knows neither order nor
-- absence: a phrase of frequent words, and what does not hold a word, are looked for no further than the list. It walks
-- hidden rows too, so the answer leaves at a beat (R-25). What another criterion has found already is looked at alone.
DROP FUNCTION IF EXISTS intelligence.search_text(text, integer, timestamptz, text[], date, date);
CREATE OR REPLACE FUNCTION intelligence.search_text(query text, n integer, before timestamptz, before_id uuid,
    communes text[] DEFAULT NULL, since date DEFAULT NULL, until date DEFAULT NULL, only_among uuid[] DEFAULT NULL)
RETURNS TABLE (id uuid, at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog SET work_mem = '32MB' AS $$
DECLARE
    started timestamptz := clock_timestamp();
    words tsquery := CASE WHEN query <> '' THEN websearch_to_tsquery('public.recoupe_fr', query) END;
    mine bigint[] := access.keys();
    wanted integer := least(n, 100);
    conditions text := ' r.readers && $1 AND (r.collected_at, r.id) < ($3, $9) AND r.state <> ''DRAFT'''
        || CASE WHEN words IS NOT NULL THEN ' AND r.words @@ $4' ELSE '' END
        || CASE WHEN communes IS NOT NULL THEN ' AND r.commune_code = ANY ($5)' ELSE '' END
        || CASE WHEN since IS NOT NULL THEN ' AND r.event_to >= $6' ELSE '' END
        || CASE WHEN until IS NOT NULL THEN ' AND r.event_from <= $7' ELSE '' END
        || ' ORDER BY r.collected_at DESC, r.id DESC LIMIT $2';
    -- OFFSET 0: the planner would look for the words first, and read a million rows for a frequent one.
    among text := 'SELECT array_agg(q.id) FROM (SELECT r.id FROM unnest($8) AS l (id) CROSS JOIN LATERAL
        (SELECT x.* FROM public.intelligence_report x WHERE x.id = l.id OFFSET 0) r WHERE' || conditions || ') q';
    indexed text := CASE WHEN words::text ~ '!|<(-|\d+)>' THEN regexp_replace(querytree(words), '<(-|\d+)>', '&', 'g') END;
    widest CONSTANT integer := 1000;
    rare boolean := true;
    newest uuid[] := '{}';
    found uuid[];
    limit_at timestamptz := coalesce(before, '9999-01-01 00:00:00+00');
    -- A file gives one moment to hundreds of rows: a page ends within it.
    limit_id uuid := coalesce(before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
BEGIN
    IF only_among IS NOT NULL THEN
        IF words IS NULL OR numnode(words) > 0 THEN
            EXECUTE among INTO found USING mine, wanted, limit_at, words, communes, since, until, only_among, limit_id;
        END IF;
    ELSIF words IS NULL OR numnode(words) > 0 THEN
        SELECT coalesce(array_agg(l.id ORDER BY l.at DESC, l.id DESC), '{}') INTO newest FROM (
            SELECT DISTINCT f.id, f.at FROM unnest(mine) AS k CROSS JOIN LATERAL (
                SELECT e.id, e.at FROM public.access_feed e WHERE e.key = k AND e.kind = 1 AND (e.at, e.id) < (limit_at, limit_id)
                 ORDER BY e.at DESC, e.id DESC LIMIT widest) f
             ORDER BY f.at DESC, f.id DESC LIMIT widest) l;
    END IF;
    IF newest <> '{}' THEN
        EXECUTE among INTO found USING mine, wanted, limit_at, words, communes, since, until, newest[1:200], limit_id;
        IF coalesce(cardinality(found), 0) < wanted AND cardinality(newest) > 200 THEN
            EXECUTE among INTO found USING mine, wanted, limit_at, words, communes, since, until, newest, limit_id;
        END IF;
        IF indexed IN ('', 'T') THEN
            rare := false;
        ELSIF indexed IS NOT NULL AND coalesce(cardinality(found), 0) < wanted AND cardinality(newest) = widest THEN
            EXECUTE replace(among, 'array_agg(q.id)', 'count(*) < $2') INTO rare
                USING mine, 25, limit_at, indexed::tsquery, communes, since, until, newest, limit_id;
        END IF;
        IF coalesce(cardinality(found), 0) < wanted AND cardinality(newest) = widest AND rare THEN
            EXECUTE 'SELECT array_agg(q.id) FROM (SELECT r.id FROM public.intelligence_report r WHERE' || conditions || ') q'
                INTO found USING mine, wanted, limit_at, words, communes, since, until, newest, limit_id;
        END IF;
    END IF;
    RETURN QUERY SELECT r.id, r.collected_at FROM public.intelligence_report r WHERE r.id = ANY (found)
        ORDER BY r.collected_at DESC, r.id DESC;
    PERFORM access.leave_at_beat(started);
END $$;

-- The newest readable mentions of these identifiers and of these persons, with their reports. The index meets reader keys and identifier
-- together: what others hold of a number is not walked, however often they hold it (R-25). OFFSET 0: no other index is of use.
DROP FUNCTION IF EXISTS intelligence.holders(text[], text[], text[], integer);
CREATE FUNCTION intelligence.holders(kinds text[], held text[], names text[], n integer)
RETURNS TABLE (kind text, value text, mention uuid, report_id uuid, ref text, at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY EXECUTE 'SELECT m.kind, m.value, m.id, r.id, r.ref::text, r.collected_at FROM (
            SELECT s.kind::text, s.value::text, s.id, s.report_id FROM unnest($1, $2) AS asked (kind, value) CROSS JOIN LATERAL (
                SELECT x.kind, x.value, x.id, x.report_id FROM public.intelligence_selector x
                 WHERE x.read_by && $4 AND hashtextextended(x.value, 0) = hashtextextended(asked.value, 0) OFFSET 0) s
             WHERE s.kind = asked.kind AND s.value = asked.value
            UNION ALL
            SELECT ''person'', p.key::text, p.id, p.report_id FROM unnest($3) AS asked (name) CROSS JOIN LATERAL (
                SELECT x.key, x.id, x.report_id FROM public.intelligence_person x
                 WHERE x.key > '''' AND x.read_by && $4 AND hashtextextended(x.key, 0) = hashtextextended(asked.name, 0) OFFSET 0) p
             WHERE p.key = asked.name) m
          JOIN public.intelligence_report r ON r.id = m.report_id
         WHERE r.readers && $4 AND r.state <> ''DRAFT''
         ORDER BY r.collected_at DESC, r.id DESC, m.id LIMIT $5'
        USING kinds, held, names, access.keys(), least(n, 1000);
END $$;
GRANT EXECUTE ON FUNCTION intelligence.holders(text[], text[], text[], integer) TO recoupe_app, recoupe_worker;
GRANT EXECUTE ON FUNCTION intelligence.discard(uuid) TO recoupe_app;
GRANT EXECUTE ON FUNCTION intelligence.deposit(uuid, date, integer) TO recoupe_app, recoupe_worker;
GRANT EXECUTE ON FUNCTION intelligence.take(text, integer), intelligence.take_lines(uuid[]), intelligence.settle(uuid[], boolean),
    intelligence.take_withdrawn(uuid[], integer), intelligence.lines(text, boolean, integer),
    intelligence.blame(uuid, text, interval, integer), intelligence.unpark(),
    intelligence.deposited(uuid, integer), intelligence.queue_again(uuid[]) TO recoupe_matcher;
GRANT EXECUTE ON FUNCTION intelligence.take_lines(uuid[]) TO recoupe_definer;
GRANT EXECUTE ON FUNCTION intelligence.parked() TO recoupe_app, recoupe_owner;
GRANT EXECUTE ON FUNCTION intelligence.move(uuid[], text[], text) TO recoupe_definer;
GRANT EXECUTE ON FUNCTION intelligence.pending(uuid), intelligence.is_parked(uuid) TO recoupe_app, recoupe_worker;
GRANT EXECUTE ON FUNCTION intelligence.backlog() TO recoupe_app;
GRANT EXECUTE ON FUNCTION intelligence.search_text(text, integer, timestamptz, uuid, text[], date, date, uuid[])
    TO recoupe_app, recoupe_worker;

-- The newest reports of some files, state by state, by the index of their file alone and as far as the caller reads them:
-- the planner would else intersect it with all that he reads, or walk the whole table, once for each file and each state.
CREATE OR REPLACE FUNCTION intelligence.brought(files uuid[], states text[], n integer)
RETURNS TABLE (import_id uuid, id uuid, ref text, commune_code text, urgency boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog SET enable_bitmapscan = off SET enable_seqscan = off AS
$$ SELECT newest.import_id, newest.id, newest.ref, newest.commune_code, newest.urgency
     FROM unnest(files) AS file (id) CROSS JOIN unnest(states) AS state (name) CROSS JOIN LATERAL (
          SELECT r.import_id, r.id, r.ref, r.commune_code, r.urgency, r.collected_at FROM public.intelligence_report r
           WHERE r.import_id = file.id AND r.state = state.name ORDER BY r.collected_at DESC, r.id LIMIT (SELECT n)) AS newest
    ORDER BY newest.collected_at DESC, newest.id $$;
GRANT EXECUTE ON FUNCTION intelligence.brought(uuid[], text[], integer) TO recoupe_app, recoupe_worker;

-- The officer for data protection is handed a reference; he is told under which identifier the journal keeps it, no more.
CREATE OR REPLACE FUNCTION intelligence.identified(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.id FROM public.intelligence_report r WHERE audit.oversees() AND r.ref = wanted AND wanted <> '' $$;
GRANT EXECUTE ON FUNCTION intelligence.identified(text) TO recoupe_app;

-- The head of a unit sees who opened the records that his unit holds, not who opened those of others (R-44).
CREATE OR REPLACE FUNCTION intelligence.reads_of_own(since timestamptz, before timestamptz, only_id uuid, n integer)
RETURNS TABLE (at timestamptz, unit uuid, purpose text, operation text, record uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    own uuid[] := access.units();
    opened uuid[] := CASE WHEN only_id IS NULL THEN audit.opened('report', since, before) END;
BEGIN
    RETURN QUERY SELECT r.* FROM audit.reads_of('report', ARRAY(SELECT o.id FROM public.intelligence_report o
        WHERE o.state NOT IN ('DRAFT', 'ERASED') AND o.owner_unit_id = ANY (own) AND access.keys() <> '{}'::bigint[]
          AND (only_id IS NULL OR o.id = only_id) AND (opened IS NULL OR o.id = ANY (opened))
          AND access.works_as('unit_head', 'cross_head')), since, before, n) AS r;
END $$;
GRANT EXECUTE ON FUNCTION intelligence.reads_of_own(timestamptz, timestamptz, uuid, integer) TO recoupe_app;

-- The newest of one's own: whoever wrote thousands of them is read by the index of authors, which the planner, for whom one
-- row in a hundred passes the policy, would leave for a sort of them all.
CREATE OR REPLACE FUNCTION intelligence.newest_of(in_author uuid, n integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SET enable_bitmapscan = off SET enable_sort = off AS
$$ SELECT r.id FROM public.intelligence_report r WHERE r.author_id = in_author
    ORDER BY r.collected_at DESC, r.id DESC LIMIT least(n, 100) $$;
GRANT EXECUTE ON FUNCTION intelligence.newest_of(uuid, integer) TO recoupe_app;
