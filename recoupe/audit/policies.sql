-- The journal: written through audit.record alone, never changed, read by the officer for data protection.
CALL access.shield('audit_entry');
-- The salt is what an export shows; whoever reads pages does not need it.
REVOKE SELECT ON audit_entry FROM recoupe_app;
GRANT SELECT (id, at, actor, unit, purpose, motive, case_ref, service, operation, refs, fields, details, recipient,
    result_count) ON audit_entry TO recoupe_app;
-- Who oversees: the officer for data protection and the inspection, on the site; the inspection's own command.
CREATE OR REPLACE FUNCTION audit.oversees() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT session_user = 'recoupe_inspection' OR access.has_role('dpo') OR access.has_role('inspection') $$;
GRANT EXECUTE ON FUNCTION audit.oversees() TO recoupe_app, recoupe_definer;
DROP POLICY IF EXISTS officer_reads ON audit_entry;
CREATE POLICY officer_reads ON audit_entry FOR SELECT TO recoupe_app USING ((SELECT audit.oversees()));
REVOKE UPDATE, TRUNCATE ON audit_entry FROM recoupe_definer;

CREATE OR REPLACE FUNCTION audit.never_changes() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'insufficient_privilege'; END $$;
DROP TRIGGER IF EXISTS append_only ON audit_entry;
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit.never_changes();

-- The term of the journal, a dated legal parameter; never shorter than what an inspection elsewhere relies on (inspection.KEPT_YEARS).
CREATE OR REPLACE FUNCTION audit.term() RETURNS interval
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT make_interval(years => greatest(3, max(p.value))::integer) FROM public.reference_legalparameter p
    WHERE p.rule_code = 'retention.journal' AND (clock_timestamp() AT TIME ZONE 'UTC')::date
          BETWEEN coalesce(p.valid_from, '-infinity') AND coalesce(p.valid_to, 'infinity') $$;
-- Up to which leaf, and which moment, entries are over their term if it is now `moment`; a day of the calendar in UTC, whatever the
-- session. Only what checkpoints covered before that moment: a database whose clock was wrong when it wrote erases nothing.
CREATE OR REPLACE FUNCTION audit.over_term(moment timestamptz, OUT before timestamptz, OUT leaf bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    before := ((least(moment, clock_timestamp()) AT TIME ZONE 'UTC') - audit.term()) AT TIME ZONE 'UTC';
    SELECT coalesce(max(c.size), 0) INTO leaf FROM public.audit_checkpoint c WHERE c.at < before
       AND NOT EXISTS (SELECT 1 FROM public.audit_witness w WHERE w.retired_at IS NULL AND w.enrolled_at <= c.first_at
                        AND position('— ' || w.name || ' ' IN c.note) = 0);
END $$;
-- Nobody deletes an entry before its term, whoever he is and whatever function he calls.
CREATE OR REPLACE FUNCTION audit.keeps_its_term() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE over record := audit.over_term(clock_timestamp());
BEGIN
    IF EXISTS (SELECT 1 FROM gone g LEFT JOIN public.audit_leaf l ON l.entry = g.id
                WHERE (g.at < over.before AND l.index < over.leaf) IS NOT TRUE) THEN
        RAISE EXCEPTION 'an entry of the journal is kept until its term' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS keeps_its_term ON audit_entry;
CREATE TRIGGER keeps_its_term AFTER DELETE ON audit_entry REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION audit.keeps_its_term();
-- Entries over their term go with their salt, oldest first; their leaves stay, so that what is left still proves. Answers how many went.
CREATE OR REPLACE FUNCTION audit.erase(signed_at timestamptz, n integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE over record := audit.over_term(signed_at); went integer;
BEGIN
    DELETE FROM public.audit_entry WHERE id IN (
        SELECT e.id FROM public.audit_entry e JOIN public.audit_leaf l ON l.entry = e.id
         WHERE e.at < over.before AND l.index < over.leaf ORDER BY l.index LIMIT n);
    GET DIAGNOSTICS went = ROW_COUNT;
    IF went > 0 THEN
        PERFORM audit.record('erase', '{}', '{}', '{"what": "journal_term"}', NULL, went);
    END IF;
    RETURN went;
END $$;
-- What was signed last (before a moment, when one is given), newest first: the worker takes its time from there, an export its head.
DROP FUNCTION IF EXISTS audit.signed(integer);
CREATE OR REPLACE FUNCTION audit.signed(n integer, before timestamptz) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT c.note FROM public.audit_checkpoint c
    WHERE (session_user = 'recoupe_worker' OR audit.oversees()) AND (before IS NULL OR c.at < before)
    ORDER BY c.size DESC LIMIT least(n, 1000) $$;

CREATE OR REPLACE FUNCTION audit.write(actor uuid, unit uuid, purpose text, motive text, case_ref text, service text,
    operation text, refs text[], fields text[], details jsonb, recipient uuid, result_count integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.audit_entry (at, actor, unit, purpose, motive, case_ref, service, operation, refs, fields, details, recipient, result_count)
    VALUES (clock_timestamp(), actor, unit, purpose, motive, case_ref, service, operation, refs, fields, details, recipient, result_count);
END $$;

-- Who acts, why and when come from the context, never from the caller.
CREATE OR REPLACE FUNCTION audit.record(operation text, refs text[], fields text[], details jsonb, recipient uuid, result_count integer)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    c record;
    silent text;
BEGIN
    -- The line of a refusal, which is written whatever happens to the journal, licenses no write.
    UPDATE public.access_context SET journaled = journaled OR operation <> 'refused'
     WHERE pid = pg_backend_pid() AND xid = pg_current_xact_id()
     RETURNING agent, unit, purpose, motive, case_ref, service INTO c;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no acting context: nothing can be written to the journal' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- Fails closed: nothing is read, and nothing decided, that nobody could prove. Signing in and out, and a refusal, stay;
    -- so does the page of the processes, which holds no case data and on which the silence is seen.
    IF c.agent IS NOT NULL AND operation NOT IN ('sign_in', 'sign_out', 'purpose', 'refused', 'configure')
       AND NOT (operation = 'consult' AND refs = '{}' AND details = '{"what": "technical"}' AND access.has_role('sysadmin')) THEN
        silent := audit.silent_witness();
        IF silent IS NOT NULL THEN
            RAISE EXCEPTION 'the witness % of the journal is silent', silent USING ERRCODE = 'RJ001';
        END IF;
    END IF;
    PERFORM audit.write(c.agent, c.unit, c.purpose, c.motive, c.case_ref, c.service, operation, refs, fields, details, recipient, result_count);
END $$;

CREATE OR REPLACE FUNCTION audit.demand_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.access_context c WHERE c.pid = pg_backend_pid()
                    AND c.xid = pg_current_xact_id_if_assigned() AND c.journaled) THEN
        RAISE EXCEPTION 'write without journal entry on %', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

-- Entries that touch one object: arrays cannot reach their index under a policy, hence this listed function. Every condition holds
-- before the limit: whoever opens a record fifty times would hide behind it that he printed it.
DROP FUNCTION IF EXISTS audit.touching(text, bigint, integer);
CREATE OR REPLACE FUNCTION audit.touching(ref text, before_id bigint, n integer, who uuid, op text, since timestamptz,
    until timestamptz, arrivals boolean) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT e.id FROM public.audit_entry e
    WHERE audit.oversees() AND e.refs @> ARRAY[ref] AND e.id < before_id AND (who IS NULL OR e.actor = who)
      AND (op = '' OR e.operation = op) AND (since IS NULL OR e.at >= since) AND (until IS NULL OR e.at < until)
      AND (arrivals OR (e.operation = 'consult' AND e.details ->> 'what' = 'home' AND e.result_count = 0) IS NOT TRUE)
    ORDER BY e.id DESC LIMIT least(n, 200) $$;

GRANT EXECUTE ON FUNCTION audit.record(text, text[], text[], jsonb, uuid, integer)
    TO recoupe_app, recoupe_worker, recoupe_matcher, recoupe_owner, recoupe_inspection, recoupe_definer;
GRANT EXECUTE ON FUNCTION audit.touching(text, bigint, integer, uuid, text, timestamptz, timestamptz, boolean) TO recoupe_app;
GRANT EXECUTE ON FUNCTION audit.term(), audit.over_term(timestamptz) TO recoupe_definer;
GRANT EXECUTE ON FUNCTION audit.erase(timestamptz, integer) TO recoupe_worker;
GRANT EXECUTE ON FUNCTION audit.signed(integer, timestamptz) TO recoupe_worker, recoupe_app, recoupe_inspection;

-- The tree over the journal: what an entry says in one exact text, its leaf, the order of the leaves, checkpoints, witnesses.
CALL access.shield('audit_unsequenced');
CALL access.shield('audit_leaf');
CALL access.shield('audit_node');
CALL access.shield('audit_checkpoint');
CALL access.shield('audit_witness');
CALL access.shield('audit_tally');
CALL access.shield('audit_tallymark');

-- What a leaf hashes after its salt. jsonb writes its keys in one order, whatever the server; the moment is written in UTC.
CREATE OR REPLACE FUNCTION audit.said(e public.audit_entry) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT jsonb_build_object('id', e.id, 'at', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'actor', e.actor, 'unit', e.unit, 'purpose', e.purpose, 'motive', e.motive, 'case_ref', e.case_ref,
        'service', e.service, 'operation', e.operation, 'refs', e.refs, 'fields', e.fields, 'details', e.details,
        'recipient', e.recipient, 'result_count', e.result_count)::text $$;
CREATE OR REPLACE FUNCTION audit.leaf_hash(e public.audit_entry) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT sha256('\x00'::bytea || uuid_send(e.salt) || convert_to(audit.said(e), 'UTF8')) $$;

-- No entry escapes the tree, whoever writes it.
CREATE OR REPLACE FUNCTION audit.await_sequence() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.audit_unsequenced (entry) SELECT id FROM written;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS await_sequence ON audit_entry;
CREATE TRIGGER await_sequence AFTER INSERT ON audit_entry REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION audit.await_sequence();

CREATE OR REPLACE FUNCTION audit.fold(hashes bytea[]) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
DECLARE count integer := cardinality(hashes);
BEGIN
    WHILE count > 1 LOOP
        count := count / 2;
        FOR i IN 1..count LOOP
            hashes[i] := sha256('\x01'::bytea || hashes[2 * i - 1] || hashes[2 * i]);
        END LOOP;
    END LOOP;
    RETURN hashes[1];
END $$;

-- Leaves for what is committed, oldest first; a late commit waits for no other and takes the next place. Answers the size.
CREATE OR REPLACE FUNCTION audit.sequence(n integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    start bigint;
    size bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit.sequence'));
    SELECT coalesce(max(index) + 1, 0) INTO start FROM public.audit_leaf;
    -- What vanished before its turn stays where it waits, and holds up nobody: the inspection finds it there.
    WITH gone AS (
        DELETE FROM public.audit_unsequenced u USING public.audit_entry e
         WHERE e.id = u.entry AND u.entry IN (
             SELECT w.entry FROM public.audit_unsequenced w JOIN public.audit_entry o ON o.id = w.entry ORDER BY w.entry LIMIT n)
        RETURNING u.entry, audit.leaf_hash(e) AS hash),
    placed AS (
        INSERT INTO public.audit_leaf (index, entry, hash)
        SELECT start + row_number() OVER (ORDER BY entry) - 1, entry, hash FROM gone RETURNING 1)
    SELECT start + count(*) INTO size FROM placed;
    PERFORM audit.complete(0::smallint, start, size);
    PERFORM audit.tally(size);
    RETURN size;
END $$;

-- How an entry is counted for whoever oversees: under which day of Paris, whether it is an arrival home to nothing, whose search it is.
-- What the form asks by itself while somebody types is no search of his.
CREATE OR REPLACE FUNCTION audit.counts_as(at timestamptz, operation text, actor uuid, details jsonb, result_count integer,
    OUT day date, OUT idle boolean, OUT seeker uuid)
LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT (at AT TIME ZONE 'Europe/Paris')::date,
          (operation = 'consult' AND result_count = 0 AND details ->> 'what' = 'home') IS TRUE,
          CASE WHEN operation = 'search' AND (details ->> 'what') IS DISTINCT FROM 'known' THEN actor END $$;
-- The counts of the entries below a leaf, so that nobody counts a month of them at each look; called by the one that gives leaves.
-- In pieces, as an older journal is counted once; it starts again from the first leaf when its mark is taken away.
CREATE OR REPLACE FUNCTION audit.tally(size bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    start bigint := coalesce((SELECT max(m.upto) FROM public.audit_tallymark m), 0);
    past bigint := least(size, start + 20000);
BEGIN
    IF past - start < 64 THEN RETURN; END IF;
    IF start = 0 THEN DELETE FROM public.audit_tally; END IF;
    INSERT INTO public.audit_tally AS t (day, unit, purpose, operation, idle, seeker, entries)
    SELECT c.day, e.unit, e.purpose, e.operation, c.idle, c.seeker, count(*)
      FROM public.audit_leaf l JOIN public.audit_entry e ON e.id = l.entry
      CROSS JOIN LATERAL audit.counts_as(e.at, e.operation, e.actor, e.details, e.result_count) c
     WHERE l.index >= start AND l.index < past GROUP BY c.day, e.unit, e.purpose, e.operation, c.idle, c.seeker
    ON CONFLICT (day, unit, purpose, operation, idle, seeker) DO UPDATE SET entries = t.entries + excluded.entries;
    DELETE FROM public.audit_tallymark;
    INSERT INTO public.audit_tallymark (upto) VALUES (past);
END $$;
-- What goes is counted no longer. One after the other with the tally: it would count what goes meanwhile.
CREATE OR REPLACE FUNCTION audit.untally() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit.sequence'));
    UPDATE public.audit_tally t SET entries = t.entries - w.entries
      FROM (SELECT c.day, g.unit, g.purpose, g.operation, c.idle, c.seeker, count(*) AS entries
              FROM gone g JOIN public.audit_leaf l ON l.entry = g.id
              CROSS JOIN LATERAL audit.counts_as(g.at, g.operation, g.actor, g.details, g.result_count) c
             WHERE l.index < (SELECT max(m.upto) FROM public.audit_tallymark m)
             GROUP BY c.day, g.unit, g.purpose, g.operation, c.idle, c.seeker) w
     WHERE t.day = w.day AND t.unit IS NOT DISTINCT FROM w.unit AND t.purpose = w.purpose AND t.operation = w.operation
       AND t.idle = w.idle AND t.seeker IS NOT DISTINCT FROM w.seeker;
    DELETE FROM public.audit_tally t WHERE t.entries = 0;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS untally ON audit_entry;
CREATE TRIGGER untally AFTER DELETE ON audit_entry REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION audit.untally();
-- The entries of whole days of Paris, counted: what is tallied, and the few that are not yet, from themselves. Whose a search is, to
-- whom asks of searches alone.
CREATE OR REPLACE FUNCTION audit.tallied(first date, past date, op text, arrivals boolean)
RETURNS TABLE (day date, unit uuid, purpose text, seeker uuid, entries bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog SET plan_cache_mode = force_custom_plan AS $$
DECLARE mark bigint := coalesce((SELECT max(m.upto) FROM public.audit_tallymark m), 0);
BEGIN
    IF NOT audit.oversees() THEN RETURN; END IF;
    RETURN QUERY SELECT t.day, t.unit, t.purpose::text, CASE WHEN op = 'search' THEN t.seeker END, sum(t.entries)::bigint
          FROM public.audit_tally t
         WHERE mark > 0 AND t.day >= first AND t.day < past AND (op = '' OR t.operation = op) AND (arrivals OR NOT t.idle)
         GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT c.day, e.unit, e.purpose::text, CASE WHEN op = 'search' THEN c.seeker END, 1 FROM (
            SELECT l.entry FROM public.audit_leaf l WHERE l.index >= mark UNION ALL SELECT u.entry FROM public.audit_unsequenced u) late
          -- Each by its key, whatever the planner believes of a table that grows by the second.
          CROSS JOIN LATERAL (SELECT * FROM public.audit_entry o WHERE o.id = late.entry OFFSET 0) e
          CROSS JOIN LATERAL audit.counts_as(e.at, e.operation, e.actor, e.details, e.result_count) c
         WHERE c.day >= first AND c.day < past AND (op = '' OR e.operation = op) AND (arrivals OR NOT c.idle);
END $$;
GRANT EXECUTE ON FUNCTION audit.tallied(date, date, text, boolean) TO recoupe_app;
GRANT EXECUTE ON FUNCTION audit.tally(bigint) TO recoupe_definer;
GRANT EXECUTE ON FUNCTION audit.counts_as(timestamptz, text, uuid, jsonb, integer) TO recoupe_definer, recoupe_inspection;

-- How many committed entries have no leaf although they are old: the longest of our transactions lasts less than ten minutes. Those
-- that wait, and those newer than every leaf that do not even wait: while there is one, nothing is signed. The inspection asks for all.
CREATE OR REPLACE FUNCTION audit.overdue() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT (SELECT count(*) FROM public.audit_unsequenced u JOIN public.audit_entry e ON e.id = u.entry
            WHERE e.at < clock_timestamp() - interval '10 minutes')
        + (SELECT count(*) FROM public.audit_entry e WHERE e.at < clock_timestamp() - interval '10 minutes'
              AND e.id > (SELECT max(l.entry) FROM public.audit_leaf l)
              AND NOT EXISTS (SELECT 1 FROM public.audit_unsequenced u WHERE u.entry = e.id)) $$;
-- The nodes that became complete between two sizes, of this level's blocks of 256 and of those above.
CREATE OR REPLACE FUNCTION audit.complete(below smallint, before bigint, after bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF before / 256 = after / 256 THEN RETURN; END IF;
    INSERT INTO public.audit_node (level, number, hash)
    SELECT below + 1, block, CASE WHEN below = 0
               THEN audit.fold(ARRAY(SELECT hash FROM public.audit_leaf WHERE index >= 256 * block AND index < 256 * (block + 1) ORDER BY index))
               ELSE audit.fold(ARRAY(SELECT hash FROM public.audit_node WHERE level = below AND number >= 256 * block AND number < 256 * (block + 1) ORDER BY number))
           END
      FROM generate_series(before / 256, after / 256 - 1) AS block;
    PERFORM audit.complete((below + 1)::smallint, before / 256, after / 256);
END $$;

-- What the notary and the proofs read: hashes, never entries.
CREATE OR REPLACE FUNCTION audit.hashes(at_level smallint, first bigint, n integer) RETURNS SETOF bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT hash FROM (
       SELECT index AS place, hash FROM public.audit_leaf WHERE at_level = 0 AND index >= first AND index < first + n
       UNION ALL
       SELECT number, hash FROM public.audit_node WHERE level = at_level AND number >= first AND number < first + n) h
    WHERE session_user = 'recoupe_notary' OR (SELECT audit.oversees())
   ORDER BY place $$;
-- What an export shows of the entries between two places, with their salt; those that are gone only where nothing is asked of an entry.
CREATE OR REPLACE FUNCTION audit.exported(after bigint, below bigint, since timestamptz, until timestamptz, who uuid, what text, ref text, n integer)
RETURNS TABLE (place bigint, salt uuid, said text, leaf bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT audit.oversees() THEN RETURN; END IF;
    RETURN QUERY EXECUTE 'SELECT l.index, e.salt, CASE WHEN e.id IS NOT NULL THEN audit.said(e) END, l.hash
          FROM public.audit_leaf l LEFT JOIN public.audit_entry e ON e.id = l.entry WHERE l.index > $1 AND l.index < $2'
        || CASE WHEN since IS NULL THEN '' ELSE ' AND e.at >= $3' END || CASE WHEN until IS NULL THEN '' ELSE ' AND e.at < $4' END
        || CASE WHEN who IS NULL THEN '' ELSE ' AND e.actor = $5' END || CASE WHEN what = '' THEN '' ELSE ' AND e.operation = $6' END
        || CASE WHEN ref = '' THEN '' ELSE ' AND e.refs @> ARRAY[$7]' END || ' ORDER BY l.index LIMIT $8'
        USING after, below, since, until, who, what, ref, least(n, 1000);
END $$;
-- Who opened, printed or exported the records of one kind, for the service that holds them: the day and hour, the service, its purpose,
-- never the agent nor the motive. Not by whom oversees, nor by a silent service: these show to whom oversees alone.
CREATE OR REPLACE FUNCTION audit.reads_of(in_kind text, ids uuid[], since timestamptz, before timestamptz, n integer)
RETURNS TABLE (at timestamptz, unit uuid, purpose text, operation text, record uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog SET plan_cache_mode = force_generic_plan AS
$$ SELECT e.at, e.unit, e.purpose::text, e.operation::text, substr(e.refs[1], length(in_kind) + 2)::uuid
     FROM unnest(ids) AS own(id) JOIN public.audit_entry e ON e.refs[1] = in_kind || ':' || own.id
     JOIN public.reference_unit u ON u.id = e.unit
    WHERE e.operation IN ('consult', 'print', 'export') AND e.at >= since AND e.at < before
      AND NOT e.unit = ANY ((SELECT access.units())::uuid[]) AND e.purpose <> 'oversight' AND NOT u.silent AND u.kind <> 'inspection'
      AND NOT e.details ? 'what' AND e.details ->> 'layer' IS DISTINCT FROM 'dealpoints'
    ORDER BY e.at DESC FETCH FIRST (least(n, 500)) ROWS WITH TIES $$;
-- Which records of one kind were opened in a period, so that a room asks of these alone; NULL when there are many: it then asks of all
-- that it holds, which may be fewer.
CREATE OR REPLACE FUNCTION audit.opened(in_kind text, since timestamptz, before timestamptz) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT CASE WHEN count(*) <= 5000 THEN coalesce(array_agg(DISTINCT substr(o.ref, length(in_kind) + 2)::uuid), '{}') END
     FROM (SELECT e.refs[1] AS ref FROM public.audit_entry e
            WHERE split_part(e.refs[1], ':', 1) = in_kind AND e.operation IN ('consult', 'print', 'export')
              AND e.at >= since AND e.at < before LIMIT 5001) o $$;

-- The hash of the base's rules that a set-up said last (recoupe.audit.rules), and whether anything was ever said here.
CREATE OR REPLACE FUNCTION audit.rules_kept() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT e.details ->> 'hash' FROM public.audit_entry e
    WHERE e.operation = 'configure' AND e.service = 'set-up' AND e.details ->> 'what' = 'rules' ORDER BY e.id DESC LIMIT 1 $$;
CREATE OR REPLACE FUNCTION audit.has_begun() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$ SELECT EXISTS (SELECT 1 FROM public.audit_entry) $$;
GRANT EXECUTE ON FUNCTION audit.rules_kept(), audit.has_begun() TO recoupe_owner;
GRANT EXECUTE ON FUNCTION audit.rules_kept() TO recoupe_inspection;

CREATE OR REPLACE FUNCTION audit.keep_checkpoint(in_size bigint, in_at timestamptz, in_root bytea, in_note text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ INSERT INTO public.audit_checkpoint (size, first_at, at, root, note) VALUES (in_size, in_at, in_at, in_root, in_note)
   ON CONFLICT (size) DO UPDATE SET at = excluded.at, note = excluded.note $$;
CREATE OR REPLACE FUNCTION audit.witnesses() RETURNS TABLE (name text, public_key bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT w.name, w.public_key FROM public.audit_witness w WHERE w.retired_at IS NULL ORDER BY w.name $$;
-- The notary checked the signature; here the witness is seen, at the moment that it signed, and its line joins the note of that size.
DROP FUNCTION IF EXISTS audit.witnessed(text, bigint, text);
CREATE OR REPLACE FUNCTION audit.witnessed(who text, in_size bigint, in_note text, in_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE public.audit_witness SET seen_at = least(in_at, clock_timestamp()), size = in_size WHERE name = who AND retired_at IS NULL;
    IF NOT FOUND THEN RAISE EXCEPTION 'no witness %', who USING ERRCODE = 'insufficient_privilege'; END IF;
    UPDATE public.audit_checkpoint c SET note = in_note WHERE c.size = in_size;
END $$;
-- The set-up names the witnesses; the journal says so.
CREATE OR REPLACE FUNCTION audit.enrol(who text, key bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.audit_witness (name, public_key, enrolled_at, size) VALUES (who, key, clock_timestamp(), 0)
    ON CONFLICT (name) DO UPDATE SET public_key = excluded.public_key, enrolled_at = excluded.enrolled_at, retired_at = NULL
     WHERE audit_witness.public_key <> excluded.public_key OR audit_witness.retired_at IS NOT NULL;
END $$;
-- How many witnesses a house has at least. None in the made world of a demonstration, nor in a base whose administrator declares it by an
-- empty schema of this name, as tests do: no process of a real house starts on the first, the notary on neither, and the inspection says so.
CREATE OR REPLACE FUNCTION audit.fewest_witnesses() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT CASE WHEN access.made_world() OR to_regnamespace('unwitnessed') IS NOT NULL THEN 0 ELSE 2 END $$;
-- One by one: two who unname at once would each see the other's.
CREATE OR REPLACE FUNCTION audit.retire(who text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE known boolean;
BEGIN
    LOCK TABLE public.audit_witness IN SHARE ROW EXCLUSIVE MODE;
    UPDATE public.audit_witness SET retired_at = clock_timestamp() WHERE name = who AND retired_at IS NULL;
    known := FOUND;
    IF known AND (SELECT count(*) FROM public.audit_witness w WHERE w.retired_at IS NULL) < audit.fewest_witnesses() THEN
        RAISE EXCEPTION 'fewer than two witnesses would be left' USING ERRCODE = 'RJ002';
    END IF;
    RETURN known;
END $$;

-- Whether a moment at which a witness was heard, or named, still stands for it: a quarter of an hour, and never one that has not come,
-- which a clock that jumped forward and back wrote: two minutes are granted to a clock that is set.
CREATE OR REPLACE FUNCTION audit.is_heard(moment timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT coalesce(moment BETWEEN clock_timestamp() - interval '15 minutes' AND clock_timestamp() + interval '2 minutes', false) $$;
-- Which witness has been silent for too long, or that one is missing (R-42); nothing when all speak, and they are two at least.
CREATE OR REPLACE FUNCTION audit.silent_witness() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT coalesce(
        (SELECT w.name::text FROM public.audit_witness w
          WHERE w.retired_at IS NULL AND NOT audit.is_heard(w.seen_at) AND NOT audit.is_heard(w.enrolled_at)
          ORDER BY w.name LIMIT 1),
        (SELECT 'that is missing' FROM public.audit_witness w WHERE w.retired_at IS NULL HAVING count(*) < audit.fewest_witnesses())) $$;

-- What each witness last signed, and whether it has been silent for too long: for who must mend it, and who relies on it.
CREATE OR REPLACE FUNCTION audit.standing() RETURNS TABLE (name text, seen_at timestamptz, leaves bigint, silent boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT w.name::text, w.seen_at, w.size, NOT audit.is_heard(w.seen_at) AND NOT audit.is_heard(w.enrolled_at)
     FROM public.audit_witness w
    WHERE w.retired_at IS NULL AND (access.has_role('sysadmin') OR audit.oversees() OR session_user = 'recoupe_owner')
    ORDER BY w.name $$;
GRANT EXECUTE ON FUNCTION audit.standing() TO recoupe_app, recoupe_owner;

GRANT EXECUTE ON FUNCTION audit.sequence(integer), audit.hashes(smallint, bigint, integer),
    audit.keep_checkpoint(bigint, timestamptz, bytea, text), audit.witnesses(),
    audit.witnessed(text, bigint, text, timestamptz), audit.overdue() TO recoupe_notary;
GRANT EXECUTE ON FUNCTION audit.witnesses() TO recoupe_worker;
-- The inspection reads the whole journal, by a command and under its own role; the commands journal that they did.
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['audit_entry', 'audit_unsequenced', 'audit_leaf', 'audit_node', 'audit_checkpoint', 'audit_witness',
        'audit_tally', 'audit_tallymark'] LOOP
        EXECUTE format('GRANT SELECT ON %I TO recoupe_inspection', t);
        EXECUTE format('DROP POLICY IF EXISTS inspection_reads ON %I', t);
        EXECUTE format('CREATE POLICY inspection_reads ON %I FOR SELECT TO recoupe_inspection USING (true)', t);
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION audit.said(public.audit_entry), audit.leaf_hash(public.audit_entry) TO recoupe_inspection, recoupe_definer;
GRANT EXECUTE ON FUNCTION audit.hashes(smallint, bigint, integer) TO recoupe_inspection, recoupe_app;
GRANT EXECUTE ON FUNCTION audit.exported(bigint, bigint, timestamptz, timestamptz, uuid, text, text, integer) TO recoupe_inspection, recoupe_app;
GRANT EXECUTE ON FUNCTION audit.reads_of(text, uuid[], timestamptz, timestamptz, integer), audit.opened(text, timestamptz, timestamptz)
    TO recoupe_definer;
GRANT EXECUTE ON FUNCTION audit.fold(bytea[]), audit.complete(smallint, bigint, bigint), audit.silent_witness(), audit.is_heard(timestamptz), audit.fewest_witnesses() TO recoupe_definer;
GRANT EXECUTE ON FUNCTION audit.enrol(text, bytea), audit.retire(text) TO recoupe_owner;

-- Who oversees learns which agents saw two records as one: an entry about what was made of them, or about a question that named both.
CREATE OR REPLACE FUNCTION audit.touched_by(pair text[], wanted text[], since timestamptz, until timestamptz)
RETURNS TABLE (what text, ref text, unit uuid, actor uuid, at timestamptz, times bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT e.operation::text, min(e.refs[1]), e.unit, e.actor, min(e.at), count(*) FROM public.audit_entry e
    WHERE audit.oversees() AND (e.refs && wanted OR (e.refs @> pair AND e.refs[1] LIKE 'judgement:%'))
      AND e.at >= since AND e.at < until AND e.operation IN ('consult', 'print', 'export')
      AND e.actor IS NOT NULL AND e.purpose <> 'oversight'
    GROUP BY e.operation, e.unit, e.actor ORDER BY min(e.at), e.actor LIMIT 500 $$;
GRANT EXECUTE ON FUNCTION audit.touched_by(text[], text[], timestamptz, timestamptz) TO recoupe_app;

-- What the watch desk read while the journal refused: each line of its file once, in the order of the file, under who read it and with the
-- moment at which he did; what is taken in, its mark and how far it reaches stand or fall together. Refused while a witness is silent.
CALL access.shield('audit_aside');
DROP FUNCTION IF EXISTS audit.take_in(text[], boolean[]);
CREATE OR REPLACE FUNCTION audit.take_in(lines text[], chained boolean[], reaches bigint[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE said jsonb; silent text := audit.silent_witness(); took integer := 0; fresh boolean;
BEGIN
    IF silent IS NOT NULL THEN
        RAISE EXCEPTION 'the witness % of the journal is silent', silent USING ERRCODE = 'RJ001';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('audit.take_in'));
    FOR i IN 1..cardinality(lines) LOOP
        -- A line of a file that was cut or put back is taken in no second time, but how far it reaches now is kept.
        INSERT INTO public.audit_aside (hash, taken_at, upto)
        VALUES (sha256(convert_to(lines[i], 'UTF8')), clock_timestamp(), reaches[i])
            ON CONFLICT (hash) DO UPDATE SET upto = excluded.upto, taken_at = excluded.taken_at RETURNING xmax = 0 INTO fresh;
        CONTINUE WHEN NOT fresh;
        said := lines[i]::jsonb;
        PERFORM audit.write((said ->> 'actor')::uuid, (said ->> 'unit')::uuid, said ->> 'purpose', said ->> 'motive', said ->> 'case_ref',
            'watch', 'consult', ARRAY(SELECT jsonb_array_elements_text(said -> 'refs')), '{}',
            jsonb_build_object('what', said ->> 'what', 'read_at', said ->> 'at', 'why', said ->> 'why')
                || CASE WHEN chained[i] THEN '{}'::jsonb ELSE '{"chain": "broken"}' END, NULL, jsonb_array_length(said -> 'refs'));
        took := took + 1;
    END LOOP;
    RETURN took;
END $$;
GRANT EXECUTE ON FUNCTION audit.take_in(text[], boolean[], bigint[]) TO recoupe_worker;

-- How far that file is taken in: behind which byte, and the hash of the line that ends there.
CREATE OR REPLACE FUNCTION audit.taken_in() RETURNS TABLE (upto bigint, hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT a.upto, a.hash FROM public.audit_aside a WHERE a.upto > 0 ORDER BY a.taken_at DESC, a.upto DESC LIMIT 1 $$;
GRANT EXECUTE ON FUNCTION audit.taken_in() TO recoupe_worker, recoupe_owner;
