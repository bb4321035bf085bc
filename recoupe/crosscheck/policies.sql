-- The matcher's own tables: no other role reads a keyed hash, a pair, or who speaks for whom.
CALL access.shield('crosscheck_indexkey');
CALL access.shield('crosscheck_indexrecord');
CALL access.shield('crosscheck_indexentry');
CALL access.shield('crosscheck_indexstate');
CALL access.shield('crosscheck_decision');
CALL access.shield('crosscheck_hit');
CALL access.shield('crosscheck_party');
GRANT SELECT, INSERT, UPDATE, DELETE ON crosscheck_indexkey, crosscheck_indexrecord, crosscheck_indexentry,
    crosscheck_indexstate TO recoupe_matcher;
GRANT SELECT, INSERT, UPDATE ON crosscheck_hit, crosscheck_party TO recoupe_matcher;
GRANT SELECT, UPDATE, DELETE ON crosscheck_decision TO recoupe_matcher;
-- The definer functions below reach the keys of a party; the index itself stays out of their reach.
REVOKE ALL ON crosscheck_indexkey, crosscheck_indexrecord, crosscheck_indexentry FROM recoupe_definer;

-- What one side may know, where a contact stands, what is asked of a judge: read by their reader keys.
SELECT access.protect('crosscheck_hitside');
SELECT access.protect('crosscheck_contactthread');
SELECT access.protect('crosscheck_judgement');
SELECT access.protect('crosscheck_agreement');
SELECT access.protect_child('crosscheck_weakanswer', 'side_id', 'crosscheck_hitside');
-- The application makes none of the first three and changes only what its actions change.
REVOKE INSERT, UPDATE ON crosscheck_hitside, crosscheck_contactthread, crosscheck_judgement FROM recoupe_app, recoupe_worker;
REVOKE UPDATE ON crosscheck_agreement, crosscheck_weakanswer FROM recoupe_app, recoupe_worker;
GRANT UPDATE (state, requested_side, requested_at, due_at, made_at, proposed_resolution, proposed_side, resolution,
    resolved_at, arbiter_id) ON crosscheck_contactthread TO recoupe_app;
GRANT UPDATE (state, answer, reason, answered_by, answered_at) ON crosscheck_judgement TO recoupe_app;
GRANT UPDATE (state, answered_at, answer_reason) ON crosscheck_agreement TO recoupe_app;
GRANT SELECT, INSERT, UPDATE ON crosscheck_hitside, crosscheck_contactthread, crosscheck_judgement TO recoupe_matcher;
GRANT SELECT ON crosscheck_weakanswer TO recoupe_matcher;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['crosscheck_indexkey', 'crosscheck_indexrecord', 'crosscheck_indexentry',
        'crosscheck_indexstate', 'crosscheck_decision',
        'crosscheck_hit', 'crosscheck_party', 'crosscheck_hitside', 'crosscheck_contactthread', 'crosscheck_judgement',
        'crosscheck_weakanswer']
    LOOP
        EXECUTE format('DROP POLICY IF EXISTS matcher_all ON %I', t);
        EXECUTE format('CREATE POLICY matcher_all ON %I TO recoupe_matcher USING (true) WITH CHECK (true)', t);
    END LOOP;
END $$;
CALL access.demand_journal('crosscheck_hit');
CALL access.demand_journal('crosscheck_party');

-- The question is put to the magistrate in charge and to no other; he alone answers it, its holder may take it back.
DROP POLICY IF EXISTS readers_insert ON crosscheck_agreement;
CREATE POLICY readers_insert ON crosscheck_agreement FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (readers && (SELECT access.keys()) AND state = 'ASKED'
        AND magistrate_id = (SELECT m.magistrate FROM cases.magistrate_of(case_id) m));
DROP POLICY IF EXISTS readers_update ON crosscheck_agreement;
CREATE POLICY readers_update ON crosscheck_agreement FOR UPDATE TO recoupe_app
    USING (state = 'ASKED' AND readers && (SELECT access.keys()))
    WITH CHECK (CASE WHEN magistrate_id = (SELECT access.agent()) THEN state IN ('AGREED', 'REFUSED') ELSE state = 'WITHDRAWN' END);

-- Whoever speaks in a contact: one of its sides, or the authority that it was carried to.
CREATE OR REPLACE FUNCTION crosscheck.voices(in_thread uuid) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT coalesce(array_agg(DISTINCT p.role::text), '{}') FROM public.crosscheck_party p
    WHERE p.thread_id = in_thread AND p.keys && (SELECT access.keys()) $$;

-- Each side answers for itself: the author of its record while he serves there, or the duty desk, under his own name.
DROP POLICY IF EXISTS holders_answer ON crosscheck_weakanswer;
CREATE POLICY holders_answer ON crosscheck_weakanswer AS RESTRICTIVE FOR INSERT TO recoupe_app, recoupe_worker
    WITH CHECK (crosscheck_weakanswer.author_id = (SELECT access.agent()) AND EXISTS (SELECT 1 FROM crosscheck_hitside s
        WHERE s.id = side_id AND (access.own_key(s.author_id, s.owner_unit_id) = ANY ((SELECT access.keys())::bigint[])
            OR access.key(s.owner_unit_id, 'duty') = ANY ((SELECT access.keys())::bigint[]))));

-- What is written, asked and released between the two is read by them; the giving side alone grants or refuses; a cell that reads one record sees only that they speak.
CALL access.shield('crosscheck_message');
CALL access.shield('crosscheck_release');
CALL access.grant_columns('crosscheck_message', '');
CALL access.grant_columns('crosscheck_release', '');
REVOKE INSERT, UPDATE ON crosscheck_message, crosscheck_release FROM recoupe_worker;
REVOKE UPDATE ON crosscheck_message FROM recoupe_app;
DROP POLICY IF EXISTS parties_read ON crosscheck_message;
CREATE POLICY parties_read ON crosscheck_message FOR SELECT TO recoupe_app, recoupe_worker USING (crosscheck.voices(thread_id) <> '{}');
DROP POLICY IF EXISTS parties_write ON crosscheck_message;
CREATE POLICY parties_write ON crosscheck_message FOR INSERT TO recoupe_app
    WITH CHECK (author_id = (SELECT access.agent()) AND voice = ANY (crosscheck.voices(thread_id)));
DROP POLICY IF EXISTS parties_read ON crosscheck_release;
CREATE POLICY parties_read ON crosscheck_release FOR SELECT TO recoupe_app, recoupe_worker USING (crosscheck.voices(thread_id) <> '{}');
DROP POLICY IF EXISTS parties_write ON crosscheck_release;
CREATE POLICY parties_write ON crosscheck_release FOR INSERT TO recoupe_app
    WITH CHECK (giving_side = ANY (crosscheck.voices(thread_id))
        OR (state = 'REQUESTED' AND crosscheck.voices(thread_id) && ARRAY['asker', 'holder']));
DROP POLICY IF EXISTS parties_update ON crosscheck_release;
CREATE POLICY parties_update ON crosscheck_release FOR UPDATE TO recoupe_app
    USING (crosscheck.voices(thread_id) <> '{}')
    WITH CHECK (giving_side = ANY (crosscheck.voices(thread_id))
        OR (state = 'WITHDRAWN' AND crosscheck.voices(thread_id) && ARRAY['asker', 'holder']));
CALL access.demand_journal('crosscheck_message');
CALL access.demand_journal('crosscheck_release');
-- A contact moves by its parties; seeing where it stands is not taking part.
DROP POLICY IF EXISTS readers_update ON crosscheck_contactthread;
DROP POLICY IF EXISTS parties_update ON crosscheck_contactthread;
CREATE POLICY parties_update ON crosscheck_contactthread FOR UPDATE TO recoupe_app
    USING (crosscheck.voices(id) <> '{}') WITH CHECK (true);

CREATE OR REPLACE FUNCTION crosscheck.demand_voice(in_thread uuid) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF crosscheck.voices(in_thread) = '{}' THEN
        RAISE EXCEPTION 'not a party of this contact' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- Tell the parties of a contact that something waits for them: a side does not know the other's keys.
CREATE OR REPLACE FUNCTION crosscheck.tell(in_thread uuid, in_roles text[], in_kind text, in_due timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM crosscheck.demand_voice(in_thread);
    INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at, due_at)
    SELECT gen_random_uuid(), k, in_kind, 'contact', in_thread, clock_timestamp(), in_due
      FROM (SELECT DISTINCT unnest(p.keys) AS k FROM public.crosscheck_party p
             WHERE p.thread_id = in_thread AND p.role = ANY (in_roles)) told
    ON CONFLICT DO NOTHING;
END $$;

-- List an opened contact for everybody who reads it.
CREATE OR REPLACE FUNCTION crosscheck.list(in_thread uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM crosscheck.demand_voice(in_thread);
    INSERT INTO public.access_feed (kind, key, at, id)
    SELECT 3, k, t.requested_at, t.id FROM public.crosscheck_contactthread t, unnest(t.readers) AS k WHERE t.id = in_thread
    ON CONFLICT DO NOTHING;
END $$;

-- The procedure of a record: that of a judicial report, that of a registration.
CREATE OR REPLACE FUNCTION crosscheck.case_of(in_record uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT i.case_id FROM public.intelligence_report i WHERE i.id = in_record AND i.frame = 'judicial'
   UNION ALL SELECT t.case_id FROM public.targets_registeredtarget t WHERE t.id = in_record AND t.state <> 'ERASED' LIMIT 1 $$;
-- Two procedures that meet in a contact: that of each side, and the other one (S-6).
CREATE OR REPLACE FUNCTION crosscheck.procedures(in_thread uuid) RETURNS TABLE (case_id uuid, other_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT a.id, b.id FROM public.crosscheck_contactthread t
     JOIN public.crosscheck_hitside mine ON mine.hit_id = t.hit_id
     JOIN public.crosscheck_hitside theirs ON theirs.hit_id = t.hit_id AND theirs.side <> mine.side
    CROSS JOIN LATERAL (SELECT crosscheck.case_of(mine.record_id) AS id) a
    CROSS JOIN LATERAL (SELECT crosscheck.case_of(theirs.record_id) AS id) b
    WHERE t.id = in_thread AND a.id <> b.id $$;
-- Whether the authority that has the contact has nothing to settle: their magistrates do.
CREATE OR REPLACE FUNCTION crosscheck.between_procedures(in_thread uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT 'arbiter' = ANY (crosscheck.voices(in_thread)) AND EXISTS (SELECT 1 FROM crosscheck.procedures(in_thread)) $$;
-- Two registrations that meet, to a party of their contact, who knows it by the state of his own: they are settled by who leads
-- (W3), never by another word.
CREATE OR REPLACE FUNCTION crosscheck.of_registry(in_thread uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT crosscheck.voices(in_thread) <> '{}' AND 2 = (SELECT count(*) FROM public.crosscheck_contactthread t
     JOIN public.crosscheck_hitside s ON s.hit_id = t.hit_id AND s.record_kind = 'target' WHERE t.id = in_thread) $$;
-- To the magistrate in charge of a procedure: the courts of those that a contact carried to an authority sets against it.
CREATE OR REPLACE FUNCTION crosscheck.opposed(in_case uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT DISTINCT other.court_id FROM public.cases_case c
     JOIN LATERAL (SELECT r.id FROM public.intelligence_report r WHERE r.case_id = c.id
                   UNION ALL SELECT g.id FROM public.targets_registeredtarget g WHERE g.case_id = c.id) held ON true
     JOIN public.crosscheck_hitside s ON s.record_id = held.id
     JOIN public.crosscheck_contactthread t ON t.hit_id = s.hit_id AND t.arbiter_id IS NOT NULL
     JOIN LATERAL crosscheck.procedures(t.id) p ON p.case_id = c.id JOIN public.cases_case other ON other.id = p.other_id
    WHERE c.id = in_case AND access.own_key(c.magistrate_id, c.court_id) = ANY (access.keys()) $$;

-- Carry a contact to an authority: it becomes a party and reads the exchange from then on.
CREATE OR REPLACE FUNCTION crosscheck.escalate(in_thread uuid, in_unit uuid, in_key bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM crosscheck.demand_voice(in_thread);
    IF NOT EXISTS (SELECT 1 FROM public.crosscheck_contactthread t JOIN public.reference_unit u ON u.id = t.arbiter_id
                    WHERE t.id = in_thread AND t.arbiter_id = in_unit AND in_key = CASE
                        WHEN t.state = 'ESCALATED_CELL' AND u.kind = 'cross' THEN access.key(u.id, 'cell_head')
                        WHEN t.state = 'ESCALATED_OFFICE' AND u.kind = 'office' THEN access.key(u.id, 'office')
                        WHEN t.state = 'ESCALATED_PROSECUTOR' AND u.kind IN ('court', 'specialised_court')
                            THEN access.key(u.id, 'prosecutor') END) THEN
        RAISE EXCEPTION 'not an authority of this contact' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO public.crosscheck_party (id, thread_id, role, unit_id, keys)
    VALUES (gen_random_uuid(), in_thread, 'arbiter', in_unit, ARRAY[in_key]);
    UPDATE public.crosscheck_contactthread SET readers = readers || in_key WHERE id = in_thread AND NOT readers @> ARRAY[in_key];
    INSERT INTO public.access_feed (kind, key, at, id)
    SELECT 3, in_key, coalesce(t.requested_at, t.at), t.id FROM public.crosscheck_contactthread t WHERE t.id = in_thread
    ON CONFLICT DO NOTHING;
    INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
    SELECT gen_random_uuid(), access.own_key(c.magistrate_id, c.court_id), 'procedures_met', 'case', c.id, clock_timestamp()
      FROM crosscheck.procedures(in_thread) p JOIN public.cases_case c ON c.id = p.case_id ON CONFLICT DO NOTHING;
END $$;

-- The magistrate sees the question, not the contact: his refusal closes the communication by this function.
CREATE OR REPLACE FUNCTION crosscheck.close_refused(in_agreement uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ UPDATE public.crosscheck_release r SET state = 'REFUSED', decided_at = clock_timestamp()
     FROM public.crosscheck_agreement a
    WHERE a.id = in_agreement AND a.readers && access.keys() AND a.state = 'REFUSED'
      AND r.id = a.release_id AND r.state = 'AWAITING_MAGISTRATE' $$;

-- What was still asked in contacts that an erasure has just closed goes with them; the matcher reads neither table.
CREATE OR REPLACE FUNCTION crosscheck.take_back(in_threads uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ UPDATE public.crosscheck_agreement a SET state = 'WITHDRAWN'
     FROM public.crosscheck_release r, public.crosscheck_contactthread t
    WHERE t.id = ANY (in_threads) AND t.state = 'CLOSED' AND r.thread_id = t.id AND a.release_id = r.id AND a.state = 'ASKED';
   UPDATE public.crosscheck_release r SET state = 'WITHDRAWN', decided_at = clock_timestamp()
     FROM public.crosscheck_contactthread t
    WHERE t.id = ANY (in_threads) AND t.state = 'CLOSED' AND r.thread_id = t.id
      AND r.state IN ('REQUESTED', 'AWAITING_MAGISTRATE') $$;
GRANT EXECUTE ON FUNCTION crosscheck.take_back(uuid[]) TO recoupe_matcher;
GRANT EXECUTE ON FUNCTION crosscheck.procedures(uuid) TO recoupe_definer;
GRANT EXECUTE ON FUNCTION crosscheck.between_procedures(uuid), crosscheck.opposed(uuid), crosscheck.of_registry(uuid) TO recoupe_app;

GRANT EXECUTE ON FUNCTION crosscheck.voices(uuid) TO recoupe_app, recoupe_worker, recoupe_definer;
GRANT EXECUTE ON FUNCTION crosscheck.demand_voice(uuid) TO recoupe_definer;
GRANT EXECUTE ON FUNCTION crosscheck.tell(uuid, text[], text, timestamptz), crosscheck.list(uuid),
    crosscheck.escalate(uuid, uuid, bigint), crosscheck.close_refused(uuid) TO recoupe_app;

-- The matcher listens: a decision is drawn out within milliseconds.
CREATE OR REPLACE FUNCTION crosscheck.announce() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM access.wake('decision');
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS announce ON crosscheck_decision;
CREATE TRIGGER announce AFTER INSERT ON crosscheck_decision FOR EACH STATEMENT EXECUTE FUNCTION crosscheck.announce();

-- The head of a unit sees who opened what his unit holds and he reads, not who opened what others hold (P-88).
CREATE OR REPLACE FUNCTION crosscheck.reads_of_own(since timestamptz, before timestamptz, only_id uuid, n integer)
RETURNS TABLE (at timestamptz, unit uuid, purpose text, operation text, record uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    own uuid[] := access.units();
    opened uuid[] := CASE WHEN only_id IS NULL THEN audit.opened('hit', since, before) END;
BEGIN
    RETURN QUERY SELECT r.* FROM audit.reads_of('hit', ARRAY(SELECT o.id FROM public.crosscheck_hitside o
        WHERE o.owner_unit_id = ANY (own) AND o.readers && access.keys()
          AND (only_id IS NULL OR o.id = only_id) AND (opened IS NULL OR o.id = ANY (opened))
          AND access.works_as('unit_head', 'cross_head')), since, before, n) AS r;
END $$;
GRANT EXECUTE ON FUNCTION crosscheck.reads_of_own(timestamptz, timestamptz, uuid, integer) TO recoupe_app;

-- Where the index stands, in counts: for the administrator and for `recoupe check`.
CREATE OR REPLACE FUNCTION crosscheck.standing() RETURNS TABLE (model text, people integer, swept smallint, whole_at timestamptz, waiting bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT s.model::text, s.people, s.swept, s.whole_at,
          (SELECT count(*) FROM public.intelligence_outbox o WHERE o.lane <> 'express' AND o.parked_at IS NULL)
     FROM public.crosscheck_indexstate s WHERE access.has_role('sysadmin') OR session_user = 'recoupe_owner' $$;
GRANT EXECUTE ON FUNCTION crosscheck.standing() TO recoupe_owner;

-- A question of likeness: whose session it is, and how often he asked today; its context is that of what follows in this
-- transaction. Without a session or a purpose there is none, and nothing is counted. For the matcher alone.
CREATE OR REPLACE FUNCTION crosscheck.ask(token text, in_day date) RETURNS TABLE (agent uuid, unit uuid, asked integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE told jsonb := access.opened(token, false);
BEGIN
    IF told IS NULL OR access.keys() = '{}'::bigint[] THEN RETURN; END IF;
    -- Counted beside the deposits, under a mark that is no case's: another case would else be another budget.
    RETURN QUERY SELECT (told ->> 'id')::uuid, (told ->> 'unit_id')::uuid,
        intelligence.deposit('6c696b65-6e65-5373-8000-000000000000'::uuid, in_day, 1);
END $$;
-- Of these records those that the context reads and in which nobody's name is kept from it (P-44): who is masked there is
-- not to be recognised by a likeness. For the matcher alone.
CREATE OR REPLACE FUNCTION crosscheck.readable(ids uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.id FROM public.intelligence_report r
    WHERE r.id = ANY (ids) AND r.readers && (SELECT access.keys()) AND r.state NOT IN ('DRAFT', 'ERASED')
      AND (r.owner_unit_id = ANY ((SELECT access.units())::uuid[])
        OR r.departments::text[] && (SELECT coalesce(array_agg(d), '{}') FROM public.reference_unit u, unnest(u.departments) AS d
                                      WHERE u.id = ANY (access.units()))::text[]
        OR NOT EXISTS (SELECT 1 FROM public.intelligence_person p WHERE p.report_id = r.id
              AND (p.minor_at_event OR p.category NOT IN ('suspect', 'convicted', 'associate', 'staff')))) $$;
REVOKE EXECUTE ON FUNCTION crosscheck.ask(text, date), crosscheck.readable(uuid[]) FROM recoupe_app, recoupe_worker;
GRANT EXECUTE ON FUNCTION crosscheck.ask(text, date), crosscheck.readable(uuid[]) TO recoupe_matcher;
GRANT EXECUTE ON FUNCTION intelligence.deposit(uuid, date, integer) TO recoupe_definer;

-- To a service's own tool (P-105): the unit's own side of the hits of what that tool deposited, as the unit reads it today; no
-- score, no reason, nothing of the other record. Written in plpgsql: the room below is looked for when it is called.
CREATE OR REPLACE FUNCTION crosscheck.tool_hits(in_refs text[]) RETURNS TABLE (own_ref text, id uuid, at timestamptz, strength text,
    state text, service_code text, service text, contact text, phone text, email text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN QUERY SELECT d.own_ref, s.id, s.at, s.strength::text, s.state::text, s.other_code::text, s.other_name::text,
           s.other_contact::text, s.other_phone::text, s.other_email::text
      FROM intelligence.tool_reports(in_refs) d JOIN desk.acting_tool() t ON true
      JOIN public.reference_unit u ON u.id = t.unit
      JOIN public.crosscheck_hitside s ON s.record_id = d.id AND s.record_kind = 'report' AND s.owner_unit_id = t.unit
     WHERE s.readers && ARRAY[access.own_key(s.author_id, t.unit), access.key(t.unit, 'duty'),
                              access.key(t.unit, CASE u.kind WHEN 'cross' THEN 'cell' WHEN 'office' THEN 'office' ELSE 'unit' END)]
     ORDER BY d.own_ref, s.at, s.id;
END $$;
GRANT EXECUTE ON FUNCTION crosscheck.tool_hits(text[]) TO recoupe_app;
