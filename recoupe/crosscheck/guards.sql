-- What humans say is passed to the matcher by what they wrote, never by whoever writes that they said it.
DROP POLICY IF EXISTS anybody_decides ON crosscheck_decision;
CREATE OR REPLACE FUNCTION crosscheck.decided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.crosscheck_decision (id, hit_id, at) VALUES (gen_random_uuid(),
        CASE TG_TABLE_NAME WHEN 'crosscheck_judgement' THEN (to_jsonb(NEW) ->> 'hit_id')::uuid
             ELSE (SELECT s.hit_id FROM public.crosscheck_hitside s WHERE s.id::text = to_jsonb(NEW) ->> 'side_id') END,
        clock_timestamp());
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS decided ON crosscheck_judgement;
CREATE TRIGGER decided AFTER UPDATE OF state ON crosscheck_judgement FOR EACH ROW
    WHEN (NEW.state = 'ANSWERED' AND OLD.state = 'ASKED') EXECUTE FUNCTION crosscheck.decided();
DROP TRIGGER IF EXISTS decided ON crosscheck_weakanswer;
CREATE TRIGGER decided AFTER INSERT ON crosscheck_weakanswer FOR EACH ROW EXECUTE FUNCTION crosscheck.decided();

-- A judgement is answered once, under one's own name, now.
DROP POLICY IF EXISTS readers_update ON crosscheck_judgement;
CREATE POLICY readers_update ON crosscheck_judgement FOR UPDATE TO recoupe_app
    USING (state = 'ASKED' AND readers && (SELECT access.keys()))
    WITH CHECK (state = 'ANSWERED' AND answered_by = (SELECT access.agent())
        AND answered_at BETWEEN now() - interval '1 minute' AND clock_timestamp() + interval '1 minute');
-- What was said of a pair stays, line by line, for whoever reads the question.
SELECT access.protect_child('crosscheck_finding', 'judgement_id', 'crosscheck_judgement');
REVOKE INSERT, UPDATE ON crosscheck_finding FROM recoupe_worker;
REVOKE UPDATE ON crosscheck_finding FROM recoupe_app;
-- What was answered is kept as it was said, with the weight and the model of that day: the application writes no such line.
CREATE OR REPLACE FUNCTION crosscheck.keep_finding() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO public.crosscheck_finding (id, judgement_id, answer, reason, author_id, at, weight, model)
    SELECT gen_random_uuid(), NEW.id, NEW.answer, NEW.reason, NEW.answered_by, NEW.answered_at, h.weight, h.model
      FROM public.crosscheck_hit h WHERE h.id = NEW.hit_id;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS keep_finding ON crosscheck_judgement;
CREATE TRIGGER keep_finding AFTER UPDATE OF state ON crosscheck_judgement FOR EACH ROW
    WHEN (NEW.state = 'ANSWERED' AND OLD.state = 'ASKED') EXECUTE FUNCTION crosscheck.keep_finding();
-- An analyst of the unit asked takes back what stands, in his own name, now; the question is asked again and the matcher told.
CREATE OR REPLACE FUNCTION crosscheck.keep_retraction() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.author_id IS DISTINCT FROM access.agent() OR NOT EXISTS (
            SELECT 1 FROM public.crosscheck_finding f JOIN public.crosscheck_judgement j ON j.id = f.judgement_id
             WHERE f.id = NEW.retracts_id AND j.id = NEW.judgement_id AND j.state = 'ANSWERED'
               AND NOT EXISTS (SELECT 1 FROM public.crosscheck_finding r WHERE r.retracts_id = f.id)
               AND (access.key(j.owner_unit_id, 'cell') = ANY (access.keys()) OR access.key(j.owner_unit_id, 'office') = ANY (access.keys()))
               FOR UPDATE OF j) THEN
        RAISE EXCEPTION 'not a retraction of what stands, by who may judge' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.at := clock_timestamp();
    NEW.weight := NULL;
    NEW.model := '';
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_retraction ON crosscheck_finding;
CREATE TRIGGER keep_retraction BEFORE INSERT ON crosscheck_finding FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION crosscheck.keep_retraction();
CREATE OR REPLACE FUNCTION crosscheck.ask_again() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE public.crosscheck_judgement SET state = 'ASKED', answer = '', reason = '', answered_by = NULL, answered_at = NULL
     WHERE id = NEW.judgement_id;
    INSERT INTO public.crosscheck_decision (id, hit_id, at)
    SELECT gen_random_uuid(), j.hit_id, clock_timestamp() FROM public.crosscheck_judgement j WHERE j.id = NEW.judgement_id;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS ask_again ON crosscheck_finding;
CREATE TRIGGER ask_again AFTER INSERT ON crosscheck_finding FOR EACH ROW
    WHEN (NEW.retracts_id IS NOT NULL) EXECUTE FUNCTION crosscheck.ask_again();
-- What waited unseen because of a side that is withdrawn is taken off the lists, as if it had not been told; the authorities to
-- which the contact was carried and the magistrates who were asked are told, for no side is theirs; a report that had no other
-- hit has none again.
CREATE OR REPLACE FUNCTION crosscheck.take_off(in_sides uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ DELETE FROM public.notices_notice n USING public.crosscheck_hitside s
    WHERE s.id = ANY (in_sides) AND s.state = 'ANALYST_REVIEW' AND n.record_kind = 'hit' AND n.record_id = s.id AND n.seen_at IS NULL;
   DELETE FROM public.notices_notice n USING public.crosscheck_hitside s, public.crosscheck_contactthread t
    WHERE s.id = ANY (in_sides) AND s.state = 'ANALYST_REVIEW' AND t.hit_id = s.hit_id AND t.state = 'CLOSED'
      AND n.record_kind = 'contact' AND n.record_id = t.id AND n.seen_at IS NULL;
   INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
   SELECT gen_random_uuid(), k, 'hit_withdrawn', acted.kind, acted.id, clock_timestamp()
     FROM (SELECT 'contact' AS kind, t.id, t.hit_id, p.keys FROM public.crosscheck_contactthread t
             JOIN public.crosscheck_party p ON p.thread_id = t.id AND p.role = 'arbiter'
           UNION ALL SELECT 'agreement', a.id, t.hit_id, a.readers FROM public.crosscheck_agreement a
             JOIN public.crosscheck_release r ON r.id = a.release_id JOIN public.crosscheck_contactthread t ON t.id = r.thread_id) acted,
          unnest(acted.keys) AS k
    WHERE acted.hit_id IN (SELECT s.hit_id FROM public.crosscheck_hitside s WHERE s.id = ANY (in_sides) AND s.state = 'ANALYST_REVIEW')
      AND NOT EXISTS (SELECT 1 FROM public.crosscheck_hitside s WHERE s.id = ANY (in_sides) AND k = ANY (s.readers))
   ON CONFLICT DO NOTHING;
   SELECT intelligence.move(ARRAY(SELECT r.id FROM public.intelligence_report r
        WHERE r.state = 'HIT' AND EXISTS (SELECT 1 FROM public.crosscheck_hitside s
                WHERE s.id = ANY (in_sides) AND s.state = 'ANALYST_REVIEW' AND s.record_id = r.id)
          AND NOT EXISTS (SELECT 1 FROM public.crosscheck_hitside o
                WHERE o.record_id = r.id AND o.state NOT IN ('FALSE_POSITIVE', 'CLOSED', 'ANALYST_REVIEW'))
        ORDER BY r.id), ARRAY['HIT'], 'NO_HIT') $$;
GRANT EXECUTE ON FUNCTION crosscheck.take_off(uuid[]) TO recoupe_matcher;
DROP POLICY IF EXISTS answered_now ON crosscheck_weakanswer;
CREATE POLICY answered_now ON crosscheck_weakanswer AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (at BETWEEN now() - interval '1 minute' AND clock_timestamp() + interval '1 minute');

-- What the magistrate reads of a question comes from the contact and the procedure, not from whoever asks him.
CREATE OR REPLACE FUNCTION crosscheck.keep_question() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE q record;
BEGIN
    SELECT s.owner_unit_id, s.record_kind, s.record_id, s.author_id, c.number, c.court_id, i.case_id, i.frame,
           CASE s.side WHEN 'asker' THEN t.holder_name ELSE t.asker_name END AS recipient INTO q
      FROM public.crosscheck_release r JOIN public.crosscheck_contactthread t ON t.id = r.thread_id
      JOIN public.crosscheck_hitside s ON s.thread_id = t.id AND s.side = r.giving_side
      JOIN public.intelligence_report i ON i.id = s.record_id JOIN public.cases_case c ON c.id = i.case_id
     WHERE r.id = NEW.release_id AND r.state = 'AWAITING_MAGISTRATE' AND r.giving_side = ANY (crosscheck.voices(t.id))
       AND (access.own_key(s.author_id, s.owner_unit_id) = ANY (access.keys()) OR access.key(s.owner_unit_id, 'duty') = ANY (access.keys()));
    IF NOT FOUND OR (NEW.record_id, NEW.case_id) IS DISTINCT FROM (q.record_id, q.case_id)
       OR NEW.asked_by IS DISTINCT FROM access.agent() THEN
        RAISE EXCEPTION 'not a question about this release' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.owner_unit_id := q.owner_unit_id;
    NEW.record_kind := q.record_kind;
    NEW.case_number := q.number;
    NEW.recipient_name := q.recipient;
    NEW.asked_at := clock_timestamp();
    NEW.readers := array_remove(ARRAY[access.own_key(NEW.magistrate_id, q.court_id), access.key(q.owner_unit_id, 'duty'),
        access.own_key(NEW.asked_by, q.owner_unit_id), access.own_key(q.author_id, q.owner_unit_id)], NULL);
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_question ON crosscheck_agreement;
CREATE TRIGGER keep_question BEFORE INSERT ON crosscheck_agreement FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker')) EXECUTE FUNCTION crosscheck.keep_question();

DROP POLICY IF EXISTS tells_of_agreements ON notices_notice;
CREATE POLICY tells_of_agreements ON notices_notice FOR INSERT TO recoupe_app
    WITH CHECK (record_kind = 'agreement' AND EXISTS (
        SELECT 1 FROM crosscheck_agreement a WHERE a.id = notices_notice.record_id
           AND CASE notices_notice.kind WHEN 'agreement_asked' THEN a.state = 'ASKED' AND a.asked_by = (SELECT access.agent())
                              AND notices_notice.key = access.own_key(a.magistrate_id, (SELECT m.court FROM cases.magistrate_of(a.case_id) m))
                         WHEN 'agreement_answered' THEN a.state IN ('AGREED', 'REFUSED') AND a.magistrate_id = (SELECT access.agent())
                              AND notices_notice.key IN (access.key(a.owner_unit_id, 'duty'), access.own_key(a.asked_by, a.owner_unit_id))
                         ELSE false END));

-- Another magistrate directs the procedure, or the same one at another court: the questions that wait go to him, what the former one answered stays his.
CREATE OR REPLACE FUNCTION crosscheck.follow_magistrate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    waiting uuid[] := ARRAY(SELECT a.id FROM public.crosscheck_agreement a WHERE a.case_id = NEW.id AND a.state = 'ASKED');
    former bigint := access.own_key(OLD.magistrate_id, OLD.court_id);
    fresh bigint := access.own_key(NEW.magistrate_id, NEW.court_id);
BEGIN
    IF waiting = '{}' THEN RETURN NULL; END IF;
    PERFORM audit.record('modify', ARRAY(SELECT 'agreement:' || w FROM unnest(waiting) AS w), ARRAY['magistrate'], '{}', NULL, NULL);
    UPDATE public.crosscheck_agreement a SET magistrate_id = NEW.magistrate_id,
           readers = array_replace(a.readers, former, fresh)
     WHERE a.id = ANY (waiting);
    INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
    SELECT gen_random_uuid(), fresh, 'agreement_asked', 'agreement', w, clock_timestamp()
      FROM unnest(waiting) AS w ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS follow_magistrate ON cases_case;
CREATE TRIGGER follow_magistrate AFTER UPDATE OF magistrate_id, court_id ON cases_case FOR EACH ROW
    WHEN ((NEW.magistrate_id, NEW.court_id) IS DISTINCT FROM (OLD.magistrate_id, OLD.court_id)) EXECUTE FUNCTION crosscheck.follow_magistrate();

-- Give one record to the one recipient of a release just granted: entered in the register (S-9), then opened. Silence and
-- H3 do not leave (S-3); a judicial record leaves after the agreement of the magistrate in charge of its procedure (S-6).
DROP FUNCTION IF EXISTS crosscheck.open_report(uuid, bigint);
CREATE OR REPLACE FUNCTION crosscheck.open_report(in_release uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE g record; reader bigint;
BEGIN
    SELECT r.record_id, r.recipient_id, r.last_verified, t.id AS thread, i.owner_unit_id, i.handling, i.source_grade || i.info_grade AS grade,
           i.frame, i.case_id, i.silent_until IS NOT NULL OR o.silent AS silent, u.kind INTO g
      FROM public.crosscheck_release r JOIN public.crosscheck_contactthread t ON t.id = r.thread_id
      JOIN public.crosscheck_hitside s ON s.thread_id = t.id AND s.side = r.giving_side AND s.record_id = r.record_id
      JOIN public.intelligence_report i ON i.id = r.record_id AND i.owner_unit_id = s.owner_unit_id AND i.readers && access.keys()
      JOIN public.reference_unit u ON u.id = r.recipient_id JOIN public.reference_unit o ON o.id = i.owner_unit_id
     WHERE r.id = in_release AND r.state = 'GRANTED' AND r.record_kind = 'report' AND t.content_allowed
       AND r.giving_side = ANY (crosscheck.voices(t.id))
       AND (access.own_key(s.author_id, s.owner_unit_id) = ANY (access.keys())
            OR access.key(s.owner_unit_id, 'duty') = ANY (access.keys()))
       AND r.recipient_id = CASE r.giving_side WHEN 'holder' THEN t.asker_unit_id ELSE t.holder_contact_id END;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not a release of one''s own record' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF g.silent OR g.handling = '{}' OR NOT g.handling <@ ARRAY['H0', 'H1', 'H2']::varchar[] THEN
        RAISE EXCEPTION 'its handling forbids it to leave' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF g.frame = 'judicial' AND NOT EXISTS (SELECT 1 FROM public.crosscheck_agreement a WHERE a.release_id = in_release
            AND a.record_id = g.record_id AND a.case_id = g.case_id AND a.state = 'AGREED'
            AND a.magistrate_id = (SELECT c.magistrate_id FROM public.cases_case c WHERE c.id = g.case_id)) THEN
        RAISE EXCEPTION 'the magistrate in charge has not agreed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO public.access_disclosure (id, record_kind, record_id, from_unit_id, to_unit_id, at, ground, handling, grading, last_verified)
    VALUES (gen_random_uuid(), 'report', g.record_id, g.owner_unit_id, g.recipient_id, clock_timestamp(), 'contact:' || g.thread,
            g.handling, g.grade, g.last_verified);
    reader := access.key(g.recipient_id, CASE g.kind WHEN 'cross' THEN 'cell' WHEN 'office' THEN 'office' ELSE 'unit' END);
    UPDATE public.intelligence_report SET readers = readers || reader WHERE id = g.record_id AND NOT readers @> ARRAY[reader];
END $$;
GRANT EXECUTE ON FUNCTION crosscheck.open_report(uuid) TO recoupe_app;

-- A side settles what the other proposed, and nothing else, whatever the records are: the answer would otherwise say of the
-- hidden one that it is judicial. Between two procedures no authority settles in the place of their magistrates (S-6).
CREATE OR REPLACE FUNCTION crosscheck.keep_settlement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE spoken text[] := crosscheck.voices(NEW.id);
BEGIN
    IF OLD.proposed_side <> '' AND NEW.resolution = OLD.proposed_resolution
       AND NOT OLD.proposed_side = ANY (spoken) AND spoken && ARRAY['asker', 'holder'] THEN
        RETURN NEW;
    ELSIF access.key(OLD.arbiter_id, CASE OLD.state WHEN 'ESCALATED_CELL' THEN 'cell_head' WHEN 'ESCALATED_OFFICE' THEN 'office'
            WHEN 'ESCALATED_PROSECUTOR' THEN 'prosecutor' END) = ANY (access.keys())
       AND NOT EXISTS (SELECT 1 FROM crosscheck.procedures(NEW.id)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'its other side settles a contact, or the authority that has it' USING ERRCODE = 'insufficient_privilege';
END $$;
DROP TRIGGER IF EXISTS keep_settlement ON crosscheck_contactthread;
CREATE TRIGGER keep_settlement BEFORE UPDATE OF state, resolution ON crosscheck_contactthread FOR EACH ROW
    WHEN (NEW.state = 'RESOLVED' AND current_user IN ('recoupe_app', 'recoupe_worker'))
    EXECUTE FUNCTION crosscheck.keep_settlement();
-- A contact is carried one authority further, and to the one that the rule names: the cell of who carries it, the office, a
-- court (P-56). recoupe.crosscheck.actions.contact says the same in Python.
CREATE OR REPLACE FUNCTION crosscheck.own_cell(today date) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT c.id FROM public.reference_unit own CROSS JOIN LATERAL (
        SELECT '' AS code, 0 AS width, u.id, u.code AS unit FROM public.reference_unit u
         WHERE u.kind = 'cross' AND u.id = CASE own.kind WHEN 'cross' THEN own.id ELSE own.cell_id END
        UNION ALL SELECT d, cardinality(u.departments), u.id, u.code FROM unnest(own.departments) AS d
          JOIN public.reference_unit u ON u.kind = 'cross' AND u.departments @> ARRAY[d]::varchar[]) c
     JOIN public.reference_unit w ON w.id = c.id
    WHERE own.id = ANY (access.units()) AND coalesce(w.opens_on, w.valid_from, '-infinity') <= today AND coalesce(w.valid_to, 'infinity') >= today
    ORDER BY c.code COLLATE "C", c.width, c.unit COLLATE "C" LIMIT 1 $$;
GRANT EXECUTE ON FUNCTION crosscheck.own_cell(date) TO recoupe_definer;
CREATE OR REPLACE FUNCTION crosscheck.keep_authority() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE today date := (now() AT TIME ZONE 'Europe/Paris')::date;
BEGIN
    IF (CASE NEW.state
        WHEN 'ESCALATED_CELL' THEN OLD.state IN ('REQUESTED', 'MADE') AND NEW.arbiter_id = crosscheck.own_cell(today)
        WHEN 'ESCALATED_OFFICE' THEN OLD.state = 'ESCALATED_CELL' AND NEW.arbiter_id IN (
            SELECT u.id FROM public.reference_unit u WHERE u.kind = 'office')
        WHEN 'ESCALATED_PROSECUTOR' THEN OLD.state = 'ESCALATED_OFFICE' AND NEW.arbiter_id IN (
            SELECT u.id FROM public.reference_unit u WHERE u.kind IN ('court', 'specialised_court')) END) IS NOT TRUE THEN
        RAISE EXCEPTION 'not an authority of this contact' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_authority ON crosscheck_contactthread;
CREATE TRIGGER keep_authority BEFORE UPDATE OF state, arbiter_id ON crosscheck_contactthread FOR EACH ROW
    WHEN (current_user IN ('recoupe_app', 'recoupe_worker') AND (NEW.arbiter_id IS DISTINCT FROM OLD.arbiter_id
        OR (NEW.state LIKE 'ESCALATED%' AND NEW.state <> OLD.state)))
    EXECUTE FUNCTION crosscheck.keep_authority();

-- Who proposes does so under his own side: one side that proposes in the other's name would accept its own proposal.
CREATE OR REPLACE FUNCTION crosscheck.keep_proposer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT NEW.proposed_side = ANY (crosscheck.voices(NEW.id)) OR crosscheck.of_registry(NEW.id) THEN
        RAISE EXCEPTION 'a side proposes for itself' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS keep_proposer ON crosscheck_contactthread;
CREATE TRIGGER keep_proposer BEFORE UPDATE OF proposed_side, proposed_resolution ON crosscheck_contactthread FOR EACH ROW
    WHEN (NEW.proposed_side <> '' AND current_user IN ('recoupe_app', 'recoupe_worker'))
    EXECUTE FUNCTION crosscheck.keep_proposer();

-- ---------------------------------------------------------------------------------------------------------------
-- A record that fewer people read than when its hit was told
-- ---------------------------------------------------------------------------------------------------------------
-- A contact is seen by the readers of its two sides and by its parties; its list follows once it was opened.
CREATE OR REPLACE FUNCTION crosscheck.reread(in_thread uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE seen bigint[] := ARRAY(
    SELECT unnest(s.readers) FROM public.crosscheck_hitside s WHERE s.thread_id = in_thread
    UNION SELECT unnest(p.keys) FROM public.crosscheck_party p WHERE p.thread_id = in_thread);
BEGIN
    UPDATE public.crosscheck_contactthread t SET readers = seen
     WHERE t.id = in_thread AND NOT (t.readers @> seen AND t.readers <@ seen);
    IF NOT FOUND THEN RETURN; END IF;
    DELETE FROM public.access_feed f WHERE f.id = in_thread AND f.kind = 3 AND NOT f.key = ANY (seen);
    INSERT INTO public.access_feed (kind, key, at, id)
    SELECT 3, k, t.requested_at, t.id FROM public.crosscheck_contactthread t, unnest(t.readers) AS k
     WHERE t.id = in_thread AND t.requested_at IS NOT NULL ON CONFLICT DO NOTHING;
END $$;

-- In the transaction that takes a reader from a record (silence, a stricter code, erasure) he loses its side of each hit
-- and the question put to him; the question comes back with them. Whoever speaks for the side keeps it: the other service was told to call him. Nothing of
-- the other side's row changes. What opens again is given back by the matcher.
CREATE OR REPLACE FUNCTION crosscheck.follow_readers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    told record;
    threads uuid[] := '{}';
    hushed boolean := NEW.silent_until IS NOT NULL;
    own bigint[] := '{}';
BEGIN
    -- A cell, or the office, that holds the record or was given it is among its readers whatever its code and its place.
    IF EXISTS (SELECT 1 FROM public.crosscheck_hitside s WHERE s.record_id = NEW.id) THEN
        SELECT coalesce(array_agg(access.key(u.id, CASE u.kind WHEN 'office' THEN 'office' ELSE 'cell' END)), '{}') INTO own
          FROM public.reference_unit u
         WHERE (u.kind = 'office' AND (hushed OR NEW.handling = '{}' OR NOT NEW.handling <@ ARRAY['H0', 'H1']::varchar[]))
            OR (u.kind = 'cross' AND (hushed OR NEW.handling = '{}' OR NOT u.departments && NEW.departments
                OR NOT NEW.handling <@ ARRAY['H0', 'H1', 'H2', 'H3']::varchar[]
                OR ('H3' = ANY (NEW.handling) AND NEW.h3_line <> 'both')));
    END IF;
    FOR told IN
        UPDATE public.crosscheck_hitside s SET readers = ARRAY(SELECT k FROM unnest(s.readers) AS k
            WHERE NEW.state <> 'ERASED' AND ((k = ANY (NEW.readers) AND NOT k = ANY (own)) OR k = access.key(s.owner_unit_id, 'duty')
                OR k = access.own_key(s.author_id, s.owner_unit_id) OR k = access.key(s.relay_id, 'duty')))
         WHERE s.record_id = NEW.id RETURNING s.id, s.readers, s.thread_id
    LOOP
        DELETE FROM public.access_feed f WHERE f.id = told.id AND f.kind = 2 AND NOT f.key = ANY (told.readers);
        IF told.thread_id IS NOT NULL THEN threads := threads || told.thread_id; END IF;
    END LOOP;
    PERFORM crosscheck.reread(t) FROM unnest(threads) AS t;
    -- The question is read by the unit asked, as long as both records are read by it.
    UPDATE public.crosscheck_judgement j SET readers = asked.due
      FROM (SELECT q.id, CASE WHEN (SELECT bool_and(k.key = ANY (r.readers)) FROM public.intelligence_report r
                                     WHERE r.id IN (q.first_id, q.second_id)) THEN ARRAY[k.key] ELSE '{}' END AS due
              FROM public.crosscheck_hit h JOIN public.crosscheck_judgement q ON q.hit_id = h.id
              JOIN public.reference_unit u ON u.id = q.owner_unit_id
              CROSS JOIN LATERAL (SELECT access.key(u.id, CASE u.kind WHEN 'office' THEN 'office' ELSE 'cell' END) AS key) k
             WHERE h.low = NEW.id OR h.high = NEW.id) asked
     WHERE j.id = asked.id AND NOT (j.readers @> asked.due AND asked.due @> access.without_joined(j.readers));
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS follow_readers ON intelligence_report;
CREATE TRIGGER follow_readers AFTER UPDATE OF readers, state, silent_until, handling, h3_line, departments ON intelligence_report
    FOR EACH ROW WHEN (OLD.state <> 'DRAFT' AND (NOT OLD.readers <@ NEW.readers
        OR (OLD.silent_until, OLD.handling, OLD.h3_line, OLD.departments)
           IS DISTINCT FROM (NEW.silent_until, NEW.handling, NEW.h3_line, NEW.departments)))
    EXECUTE FUNCTION crosscheck.follow_readers();
GRANT EXECUTE ON FUNCTION crosscheck.reread(uuid) TO recoupe_matcher, recoupe_definer;

-- ---------------------------------------------------------------------------------------------------------------
-- Whom a judgement reached before it was taken back
-- ---------------------------------------------------------------------------------------------------------------
-- Who oversees learns which judgements were taken back, and when they had been given: neither reason nor author.
CREATE OR REPLACE FUNCTION crosscheck.retracted(only_id uuid, n integer)
RETURNS TABLE (id uuid, judgement uuid, unit uuid, first_id uuid, second_id uuid, at timestamptz, retracted_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.id, j.id, j.owner_unit_id, j.first_id, j.second_id, f.at, r.at
     FROM public.crosscheck_finding r JOIN public.crosscheck_finding f ON f.id = r.retracts_id
     JOIN public.crosscheck_judgement j ON j.id = r.judgement_id
    WHERE audit.oversees() AND (only_id IS NULL OR r.id = only_id)
    ORDER BY r.at DESC, r.id LIMIT least(n, 500) $$;
-- All that was ever said of the records of one retraction and of those that were ever one with them, to who oversees: the
-- pairs that it parted through a third record follow from it (crosscheck/groups.py).
CREATE OR REPLACE FUNCTION crosscheck.said_around(retraction uuid)
RETURNS TABLE (id uuid, first_id uuid, second_id uuid, answer text, at timestamptz, back uuid, back_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ WITH RECURSIVE one (record) AS (
       SELECT unnest(ARRAY[j.first_id, j.second_id]) FROM public.crosscheck_finding r
         JOIN public.crosscheck_judgement j ON j.id = r.judgement_id
        WHERE audit.oversees() AND r.id = retraction AND r.retracts_id IS NOT NULL
        UNION
       SELECT CASE j.first_id WHEN one.record THEN j.second_id ELSE j.first_id END
         FROM one JOIN public.crosscheck_judgement j ON j.first_id = one.record OR j.second_id = one.record
         JOIN public.crosscheck_finding f ON f.judgement_id = j.id AND f.answer = 'same'),
   met (records) AS MATERIALIZED (SELECT array_agg(record) FROM one)
   SELECT f.id, j.first_id, j.second_id, f.answer::text, f.at, r.id, r.at
     FROM met JOIN public.crosscheck_judgement j ON j.first_id = ANY (met.records) OR j.second_id = ANY (met.records)
     JOIN public.crosscheck_finding f ON f.judgement_id = j.id AND f.retracts_id IS NULL
     LEFT JOIN public.crosscheck_finding r ON r.retracts_id = f.id $$;
-- What was told, asked for and given between two records while they were one: to who oversees, else to who reads each row.
CREATE OR REPLACE FUNCTION crosscheck.touched_by(records uuid[], since timestamptz, until timestamptz)
RETURNS TABLE (what text, id uuid, unit uuid, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ WITH met AS (SELECT h.id FROM public.crosscheck_hit h WHERE h.low = ANY (records) AND h.high = ANY (records))
   SELECT 'hit', s.id, s.owner_unit_id, s.at FROM public.crosscheck_hitside s JOIN met ON met.id = s.hit_id
    WHERE s.at < until AND (audit.oversees() OR s.readers && access.keys())
   UNION ALL
   SELECT 'contact', t.id, u, t.requested_at FROM public.crosscheck_contactthread t JOIN met ON met.id = t.hit_id,
          unnest(ARRAY[t.asker_unit_id, t.holder_contact_id, t.arbiter_id]) AS u
    WHERE u IS NOT NULL AND t.requested_at >= since AND t.requested_at < until AND (audit.oversees() OR t.readers && access.keys())
   UNION ALL
   SELECT 'release', r.id, r.recipient_id, r.decided_at FROM public.crosscheck_release r
     JOIN public.crosscheck_contactthread t ON t.id = r.thread_id JOIN met ON met.id = t.hit_id
    WHERE r.state = 'GRANTED' AND r.decided_at >= since AND r.decided_at < until
      AND (audit.oversees() OR crosscheck.voices(t.id) <> '{}') $$;
GRANT EXECUTE ON FUNCTION crosscheck.retracted(uuid, integer), crosscheck.said_around(uuid), crosscheck.touched_by(uuid[], timestamptz, timestamptz) TO recoupe_app;
