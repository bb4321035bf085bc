-- What two services settle of two registrations that met (W3, S-6). The application writes none of it but by the functions
-- below, each of which says for itself who takes which step; recoupe.deconfliction.settling.rules says the same in Python.
CALL access.shield('deconfliction_settlement');
CALL access.shield('deconfliction_settlementstep');
CALL access.shield('deconfliction_opinion');
CALL access.grant_reading('deconfliction_settlement', '', 'recoupe_app, recoupe_worker');
-- Who took a step is nobody's to read: the name of a magistrate would say at which court the other procedure is.
CALL access.grant_reading('deconfliction_settlementstep', 'actor_id', 'recoupe_app, recoupe_worker');
CALL access.grant_reading('deconfliction_opinion', '', 'recoupe_app, recoupe_worker');
CALL access.demand_journal('deconfliction_settlement');
CALL access.demand_journal('deconfliction_settlementstep');
CALL access.demand_journal('deconfliction_opinion');

CREATE OR REPLACE FUNCTION deconfliction.manages() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT access.works_as('registry_manager') AND targets.registry_key() = ANY (access.keys()) $$;
-- The parties of the contact, and the registry's manager once it was carried to him.
DROP POLICY IF EXISTS parties_read ON deconfliction_settlement;
CREATE POLICY parties_read ON deconfliction_settlement FOR SELECT TO recoupe_app, recoupe_worker
    USING (crosscheck.voices(thread_id) <> '{}' OR (carried_at IS NOT NULL AND (SELECT deconfliction.manages())));
DROP POLICY IF EXISTS parties_read ON deconfliction_settlementstep;
CREATE POLICY parties_read ON deconfliction_settlementstep FOR SELECT TO recoupe_app, recoupe_worker
    USING (EXISTS (SELECT 1 FROM deconfliction_settlement parent WHERE parent.id = settlement_id));
-- Each magistrate his own question, while he serves at the court of the procedure; the manager both.
DROP POLICY IF EXISTS magistrate_reads ON deconfliction_opinion;
CREATE POLICY magistrate_reads ON deconfliction_opinion FOR SELECT TO recoupe_app, recoupe_worker
    USING (access.own_key(magistrate_id, court_id) = ANY ((SELECT access.keys())::bigint[]) OR (SELECT deconfliction.manages()));

CREATE OR REPLACE FUNCTION deconfliction.doer(in_from text, in_to text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS
$$ SELECT CASE
    WHEN in_to = 'ENDED' THEN CASE WHEN in_from <> 'ENDED' THEN 'machine' END
    ELSE CASE in_from || '>' || in_to
        WHEN 'OPEN>PROPOSED' THEN 'side' WHEN 'PROPOSED>PROPOSED' THEN 'side' WHEN 'PROPOSED>OPEN' THEN 'side'
        WHEN 'OPEN>ARBITRATION' THEN 'side' WHEN 'PROPOSED>ARBITRATION' THEN 'side' WHEN 'PROPOSED>AGREED' THEN 'other'
        WHEN 'ARBITRATION>SUBMITTED' THEN 'manager'
        WHEN 'SUBMITTED>ARBITRATION' THEN 'magistrate' WHEN 'SUBMITTED>DECIDED' THEN 'magistrate' END END $$;

-- Two registrations of two services and two procedures, where the hit joins such.
CREATE OR REPLACE FUNCTION deconfliction.registrations(in_hit uuid) RETURNS TABLE (asker uuid, holder uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN QUERY SELECT a.id, o.id FROM public.crosscheck_hit h JOIN public.targets_registeredtarget a ON a.id = h.asker
      JOIN public.targets_registeredtarget o ON o.id = CASE h.asker WHEN h.low THEN h.high ELSE h.low END
     WHERE h.id = in_hit AND a.owner_unit_id <> o.owner_unit_id AND a.case_id <> o.case_id;
END $$;

-- One line of its life, and where it stands from then on.
CREATE OR REPLACE FUNCTION deconfliction.step(in_settlement uuid, in_to text, in_doer text, in_side text, in_lead text, in_reason text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ INSERT INTO public.deconfliction_settlementstep (id, settlement_id, step, at, doer, side, actor_id, from_state, to_state, lead, reason)
   SELECT gen_random_uuid(), s.id, s.steps + 1, clock_timestamp(), in_doer, in_side, access.agent(), s.state, in_to, in_lead, in_reason
     FROM public.deconfliction_settlement s WHERE s.id = in_settlement;
   UPDATE public.deconfliction_settlement s SET state = in_to, state_since = clock_timestamp(), steps = s.steps + 1,
          lead = CASE WHEN in_to IN ('PROPOSED', 'SUBMITTED') THEN in_lead WHEN in_to IN ('AGREED', 'DECIDED') THEN s.lead ELSE '' END,
          proposed_by = CASE in_to WHEN 'PROPOSED' THEN in_side WHEN 'AGREED' THEN s.proposed_by ELSE '' END,
          carried_at = CASE in_to WHEN 'ARBITRATION' THEN coalesce(s.carried_at, clock_timestamp()) ELSE s.carried_at END,
          settled_at = CASE WHEN in_to IN ('AGREED', 'DECIDED') THEN clock_timestamp() ELSE s.settled_at END
    WHERE s.id = in_settlement $$;
-- To these parties of a contact that something waits for them: a side does not know the other's keys.
CREATE OR REPLACE FUNCTION deconfliction.tell(in_thread uuid, in_roles text[], in_kind text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
   SELECT gen_random_uuid(), k, in_kind, 'contact', in_thread, clock_timestamp()
     FROM (SELECT DISTINCT unnest(p.keys) AS k FROM public.crosscheck_party p
            WHERE p.thread_id = in_thread AND p.role = ANY (in_roles)) told ON CONFLICT DO NOTHING $$;
CREATE OR REPLACE FUNCTION deconfliction.tell_manager(in_settlement uuid, in_kind text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
   SELECT gen_random_uuid(), targets.registry_key(), in_kind, 'settlement', in_settlement, clock_timestamp() ON CONFLICT DO NOTHING $$;
CREATE OR REPLACE FUNCTION deconfliction.tell_magistrates(in_opinions uuid[], in_kind text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ INSERT INTO public.notices_notice (id, key, kind, record_kind, record_id, at)
   SELECT gen_random_uuid(), access.own_key(o.magistrate_id, o.court_id), in_kind, 'opinion', o.id, clock_timestamp()
     FROM public.deconfliction_opinion o WHERE o.id = ANY (in_opinions) ON CONFLICT DO NOTHING $$;
-- What two services or two magistrates settled settles their contact: the registrations are active at the matcher's next round.
CREATE OR REPLACE FUNCTION deconfliction.resolve(in_settlement uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ UPDATE public.crosscheck_contactthread t SET state = 'RESOLVED', resolved_at = clock_timestamp(),
          resolution = CASE s.lead WHEN 'joint' THEN 'joint_referral' ELSE 'transfer' END
     FROM public.deconfliction_settlement s WHERE s.id = in_settlement AND t.id = s.thread_id $$;
-- Nobody has to decide any more what was asked of the magistrates.
CREATE OR REPLACE FUNCTION deconfliction.withdraw_opinions(in_settlements uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE moot uuid[];
BEGIN
    WITH gone AS (UPDATE public.deconfliction_opinion o SET state = 'WITHDRAWN'
        WHERE o.settlement_id = ANY (in_settlements) AND o.state = 'ASKED' RETURNING o.id)
    SELECT array_agg(gone.id) INTO moot FROM gone;
    IF moot IS NULL THEN RETURN; END IF;
    DELETE FROM public.notices_notice n WHERE n.record_kind = 'opinion' AND n.record_id = ANY (moot) AND n.seen_at IS NULL;
    PERFORM deconfliction.tell_magistrates(moot, 'opinion_moot');
END $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Steps of people
-- ---------------------------------------------------------------------------------------------------------------
-- A side, or the manager, takes a step; false when somebody else took one meanwhile.
CREATE OR REPLACE FUNCTION deconfliction.move(in_settlement uuid, in_from text, in_steps integer, in_to text, in_side text, in_lead text,
    in_reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    s public.deconfliction_settlement;
    contact text;
    spoken text[];
    whose text := deconfliction.doer(in_from, in_to);
BEGIN
    SELECT x.* INTO s FROM public.deconfliction_settlement x WHERE x.id = in_settlement FOR UPDATE;
    SELECT t.state::text INTO contact FROM public.crosscheck_contactthread t WHERE t.id = s.thread_id FOR UPDATE;
    spoken := crosscheck.voices(s.thread_id);
    IF NOT coalesce(CASE whose
            WHEN 'side' THEN in_side = ANY (spoken) AND in_side IN ('asker', 'holder')
            WHEN 'other' THEN in_side = ANY (spoken) AND in_side IN ('asker', 'holder') AND NOT s.proposed_by = ANY (spoken)
            WHEN 'manager' THEN deconfliction.manages() AND in_side = '' END, false)
       OR (in_to IN ('PROPOSED', 'SUBMITTED')) <> (in_lead IN ('asker', 'holder', 'joint'))
       OR (in_to <> 'AGREED' AND length(trim(in_reason)) < 10)
       OR (whose = 'side' AND contact NOT IN ('MADE', 'ESCALATED_CELL', 'ESCALATED_OFFICE', 'ESCALATED_PROSECUTOR')) THEN
        RAISE EXCEPTION 'not a step of whoever acts' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (s.state, s.steps) IS DISTINCT FROM (in_from, in_steps) THEN RETURN false; END IF;
    PERFORM deconfliction.step(s.id, in_to, CASE whose WHEN 'manager' THEN 'manager' ELSE 'side' END, in_side, in_lead, in_reason);
    -- What lay on the table waits for nobody any more.
    DELETE FROM public.notices_notice n WHERE n.record_kind = 'contact' AND n.record_id = s.thread_id
       AND n.kind = 'settlement_proposed' AND n.seen_at IS NULL;
    CASE in_to
        WHEN 'PROPOSED' THEN
            PERFORM deconfliction.tell(s.thread_id, array_remove(ARRAY['asker', 'holder'], in_side), 'settlement_proposed');
        WHEN 'OPEN' THEN
            PERFORM deconfliction.tell(s.thread_id, array_remove(ARRAY['asker', 'holder'], in_side), 'settlement_declined');
        WHEN 'AGREED' THEN
            PERFORM deconfliction.resolve(s.id);
            PERFORM deconfliction.tell(s.thread_id, array_remove(ARRAY['asker', 'holder'], in_side), 'settlement_agreed');
        WHEN 'ARBITRATION' THEN
            PERFORM deconfliction.tell(s.thread_id, array_remove(ARRAY['asker', 'holder'], in_side), 'settlement_carried');
            PERFORM deconfliction.tell_manager(s.id, 'settlement_to_propose');
        WHEN 'SUBMITTED' THEN
            PERFORM deconfliction.submit(s.id);
    END CASE;
    RETURN true;
END $$;
-- The same proposal to each of the two magistrates in charge today, in the terms of his own procedure (S-6).
CREATE OR REPLACE FUNCTION deconfliction.submit(in_settlement uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE made uuid[];
BEGIN
    WITH put AS (
        INSERT INTO public.deconfliction_opinion (id, settlement_id, step, case_id, magistrate_id, court_id, other_court_id, lead, proposal,
            asked_at, state, reason)
        SELECT gen_random_uuid(), s.id, s.steps, c.id, c.magistrate_id, c.court_id, o.court_id,
               CASE s.lead WHEN 'joint' THEN 'joint' WHEN sides.side THEN 'own' ELSE 'other' END, l.reason, clock_timestamp(), 'ASKED', ''
          FROM public.deconfliction_settlement s
          JOIN public.deconfliction_settlementstep l ON l.settlement_id = s.id AND l.step = s.steps
          CROSS JOIN LATERAL deconfliction.registrations(s.hit_id) r
          CROSS JOIN LATERAL (VALUES ('asker', r.asker, r.holder), ('holder', r.holder, r.asker)) sides (side, own, other)
          JOIN public.targets_registeredtarget mine ON mine.id = sides.own JOIN public.cases_case c ON c.id = mine.case_id
          JOIN public.targets_registeredtarget theirs ON theirs.id = sides.other JOIN public.cases_case o ON o.id = theirs.case_id
         WHERE s.id = in_settlement RETURNING deconfliction_opinion.id)
    SELECT array_agg(put.id) INTO made FROM put;
    PERFORM deconfliction.tell_magistrates(made, 'opinion_asked');
END $$;
-- The magistrate in charge answers; one refusal gives it back to the manager, the second acceptance decides. False when his
-- question no longer waits.
CREATE OR REPLACE FUNCTION deconfliction.answer(in_opinion uuid, accepted boolean, in_reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    o public.deconfliction_opinion;
    s public.deconfliction_settlement;
BEGIN
    SELECT x.* INTO o FROM public.deconfliction_opinion x WHERE x.id = in_opinion;
    -- Both magistrates wait for one another here: the last of two acceptances sees the first.
    SELECT x.* INTO s FROM public.deconfliction_settlement x WHERE x.id = o.settlement_id FOR UPDATE;
    SELECT x.* INTO o FROM public.deconfliction_opinion x WHERE x.id = in_opinion FOR UPDATE;
    IF NOT coalesce(access.own_key(o.magistrate_id, o.court_id) = ANY (access.keys()) AND o.magistrate_id = access.agent()
            AND access.works_as('prosecutor', 'examining_judge'), false)
       OR (NOT accepted AND length(trim(in_reason)) < 10) THEN
        RAISE EXCEPTION 'not a question put to whoever acts' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF o.state <> 'ASKED' OR s.state <> 'SUBMITTED' THEN RETURN false; END IF;
    UPDATE public.deconfliction_opinion x SET state = CASE WHEN accepted THEN 'ACCEPTED' ELSE 'REFUSED' END,
           answered_at = clock_timestamp(), reason = in_reason WHERE x.id = o.id;
    IF NOT accepted THEN
        PERFORM deconfliction.withdraw_opinions(ARRAY[s.id]);
        PERFORM deconfliction.step(s.id, 'ARBITRATION', 'magistrate', '', '', '');
        PERFORM deconfliction.tell_manager(s.id, 'settlement_to_propose');
    ELSIF NOT EXISTS (SELECT 1 FROM public.deconfliction_opinion x WHERE x.settlement_id = s.id AND x.state = 'ASKED') THEN
        PERFORM deconfliction.step(s.id, 'DECIDED', 'magistrate', '', s.lead, '');
        PERFORM deconfliction.resolve(s.id);
        PERFORM deconfliction.tell(s.thread_id, ARRAY['asker', 'holder'], 'settlement_decided');
        PERFORM deconfliction.tell_magistrates(ARRAY(SELECT x.id FROM public.deconfliction_opinion x
            WHERE x.settlement_id = s.id AND x.state = 'ACCEPTED' AND x.step = o.step), 'opinion_decided');
    END IF;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION deconfliction.move(uuid, text, integer, text, text, text, text), deconfliction.answer(uuid, boolean, text)
    TO recoupe_app;
GRANT EXECUTE ON FUNCTION deconfliction.manages() TO recoupe_app, recoupe_worker;
GRANT EXECUTE ON FUNCTION deconfliction.doer(text, text) TO recoupe_definer;

-- ---------------------------------------------------------------------------------------------------------------
-- Beginning and end
-- ---------------------------------------------------------------------------------------------------------------
-- Both sides have just been told, or may speak again: there is a conflict to settle.
CREATE OR REPLACE FUNCTION deconfliction.begin(in_thread uuid, in_hit uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE made uuid;
BEGIN
    IF EXISTS (SELECT 1 FROM deconfliction.registrations(in_hit)) THEN
        INSERT INTO public.deconfliction_settlement (id, hit_id, thread_id, state, state_since, steps, lead, proposed_by, at)
        VALUES (gen_random_uuid(), in_hit, in_thread, 'OPEN', clock_timestamp(), 0, '', '', clock_timestamp())
        ON CONFLICT (hit_id) WHERE state <> 'ENDED' DO NOTHING RETURNING id INTO made;
        IF made IS NOT NULL THEN
            PERFORM audit.record('combine', ARRAY['settlement:' || made, 'contact:' || in_thread], '{}', '{"state": "OPEN"}', NULL, NULL);
        END IF;
    END IF;
END $$;
CREATE OR REPLACE FUNCTION deconfliction.follow_contact() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM deconfliction.begin(NEW.id, NEW.hit_id);
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS settle_made ON crosscheck_contactthread;
CREATE TRIGGER settle_made AFTER INSERT ON crosscheck_contactthread FOR EACH ROW EXECUTE FUNCTION deconfliction.follow_contact();
DROP TRIGGER IF EXISTS settle_again ON crosscheck_contactthread;
CREATE TRIGGER settle_again AFTER UPDATE OF state ON crosscheck_contactthread FOR EACH ROW
    WHEN (NEW.state = 'AVAILABLE' AND OLD.state <> 'AVAILABLE') EXECUTE FUNCTION deconfliction.follow_contact();

-- It is over, whatever it had come to: who still waited for an answer, or was asked for one, is told. The words that were
-- written about a person go with his registration (R-RET-2).
CREATE OR REPLACE FUNCTION deconfliction.finish(ids uuid[], wordless boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    live uuid[] := ARRAY(SELECT s.id FROM public.deconfliction_settlement s WHERE s.id = ANY (ids) AND s.state <> 'ENDED'
                          ORDER BY s.id FOR UPDATE);
BEGIN
    IF live = '{}' THEN RETURN; END IF;
    PERFORM audit.record('modify', ARRAY(SELECT 'settlement:' || l FROM unnest(live) AS l), '{}', '{"state": "ENDED"}', NULL, NULL);
    DELETE FROM public.notices_notice n USING public.deconfliction_settlement s
     WHERE s.id = ANY (live) AND n.seen_at IS NULL AND (n.record_id = s.id AND n.record_kind = 'settlement'
           OR n.record_id = s.thread_id AND n.kind = 'settlement_proposed');
    PERFORM deconfliction.tell(s.thread_id, ARRAY['asker', 'holder'], 'settlement_ended')
       FROM public.deconfliction_settlement s WHERE s.id = ANY (live) AND s.state <> 'OPEN';
    PERFORM deconfliction.withdraw_opinions(live);
    PERFORM deconfliction.step(l, 'ENDED', 'machine', '', '', '') FROM unnest(live) AS l;
    IF wordless THEN
        UPDATE public.deconfliction_settlementstep x SET reason = '' WHERE x.settlement_id = ANY (live) AND x.reason <> '';
        UPDATE public.deconfliction_opinion x SET reason = '', proposal = '' WHERE x.settlement_id = ANY (live);
    END IF;
END $$;
-- A hit that was set aside, withdrawn or closed is no conflict.
CREATE OR REPLACE FUNCTION deconfliction.follow_hit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM deconfliction.finish(ARRAY(SELECT s.id FROM public.deconfliction_settlement s WHERE s.hit_id = NEW.id AND s.state <> 'ENDED'),
                                 NEW.state = 'CLOSED');
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS end_settlement ON crosscheck_hit;
CREATE TRIGGER end_settlement AFTER UPDATE OF state ON crosscheck_hit FOR EACH ROW
    WHEN (NEW.state IN ('FALSE_POSITIVE', 'ANALYST_REVIEW', 'CLOSED') AND NEW.state <> OLD.state)
    EXECUTE FUNCTION deconfliction.follow_hit();
-- A registration that ends ends what was settled of it in the same transaction. One that is of another person from now on was
-- settled for the former: the contact is open again, and there is a conflict to settle if the hit still stands.
CREATE OR REPLACE FUNCTION deconfliction.follow_target() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    over boolean := NEW.state NOT IN ('REGISTERED', 'CONFLICT', 'ACTIVE');
    s record;
BEGIN
    FOR s IN SELECT x.id, x.state, x.thread_id, x.hit_id FROM public.deconfliction_settlement x JOIN public.crosscheck_hit h ON h.id = x.hit_id
              WHERE (h.low = NEW.id OR h.high = NEW.id) AND x.state <> 'ENDED' AND (over OR x.state <> 'OPEN') ORDER BY x.id
    LOOP
        PERFORM deconfliction.finish(ARRAY[s.id], over);
        IF NOT over THEN
            UPDATE public.crosscheck_contactthread t SET state = 'MADE', resolution = '', resolved_at = NULL
             WHERE t.id = s.thread_id AND t.state = 'RESOLVED';
            PERFORM deconfliction.begin(s.thread_id, s.hit_id);
            -- Both are in conflict again at the matcher's next round.
            PERFORM targets.queue_again(ARRAY[r.asker, r.holder]) FROM deconfliction.registrations(s.hit_id) r;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS end_settlement ON targets_registeredtarget;
CREATE TRIGGER end_settlement AFTER UPDATE ON targets_registeredtarget FOR EACH ROW
    WHEN ((OLD.state IN ('REGISTERED', 'CONFLICT', 'ACTIVE') AND NEW.state NOT IN ('REGISTERED', 'CONFLICT', 'ACTIVE'))
          OR (OLD.state IN ('REGISTERED', 'CONFLICT', 'ACTIVE') AND (NEW.surname, NEW.first_names, NEW.birth_date)
              IS DISTINCT FROM (OLD.surname, OLD.first_names, OLD.birth_date)))
    EXECUTE FUNCTION deconfliction.follow_target();
-- Another magistrate directs the procedure, or the same one at another court: what waits for an answer goes to him.
CREATE OR REPLACE FUNCTION deconfliction.follow_magistrate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    waiting uuid[] := ARRAY(SELECT o.id FROM public.deconfliction_opinion o WHERE o.case_id = NEW.id AND o.state = 'ASKED');
BEGIN
    IF waiting = '{}' THEN RETURN NULL; END IF;
    PERFORM audit.record('modify', ARRAY(SELECT 'opinion:' || w FROM unnest(waiting) AS w), ARRAY['magistrate'], '{}', NULL, NULL);
    UPDATE public.deconfliction_opinion o SET magistrate_id = NEW.magistrate_id, court_id = NEW.court_id WHERE o.id = ANY (waiting);
    PERFORM deconfliction.tell_magistrates(waiting, 'opinion_asked');
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS follow_magistrate_of_conflict ON cases_case;
CREATE TRIGGER follow_magistrate_of_conflict AFTER UPDATE OF magistrate_id, court_id ON cases_case FOR EACH ROW
    WHEN ((NEW.magistrate_id, NEW.court_id) IS DISTINCT FROM (OLD.magistrate_id, OLD.court_id))
    EXECUTE FUNCTION deconfliction.follow_magistrate();

-- ---------------------------------------------------------------------------------------------------------------
-- The desk of the registry's manager: counts and ages of all, the two registrations of what was carried to him
-- ---------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION deconfliction.standing() RETURNS TABLE (state text, conflicts bigint, oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT s.state::text, count(*), min(s.state_since) FROM public.deconfliction_settlement s
    WHERE deconfliction.manages() AND s.state NOT IN ('AGREED', 'DECIDED', 'ENDED') GROUP BY 1 $$;
-- Hours from the conflict to the contact, to the agreement, to the decision: how many, and the middle one; of conflicts that
-- began since a day. A contact made in an earlier round of the same two is not counted twice.
CREATE OR REPLACE FUNCTION deconfliction.measures(since date) RETURNS TABLE (what text, conflicts bigint, median_hours double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT m.what, count(m.hours), percentile_cont(0.5) WITHIN GROUP (ORDER BY m.hours)
     FROM (SELECT k.what, k.hours FROM public.deconfliction_settlement s
             JOIN public.crosscheck_contactthread t ON t.id = s.thread_id
             CROSS JOIN LATERAL (VALUES
                 ('contact', CASE WHEN t.made_at >= s.at THEN extract(epoch FROM t.made_at - s.at) / 3600 END),
                 ('agreement', CASE WHEN s.carried_at IS NULL THEN extract(epoch FROM s.settled_at - s.at) / 3600 END),
                 ('decision', CASE WHEN s.carried_at IS NOT NULL THEN extract(epoch FROM s.settled_at - s.at) / 3600 END)) k (what, hours)
            WHERE deconfliction.manages() AND s.at >= since::timestamp AT TIME ZONE 'Europe/Paris') m
    GROUP BY m.what $$;
CREATE OR REPLACE FUNCTION deconfliction.pair(in_settlement uuid) RETURNS TABLE (asker uuid, holder uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT r.asker, r.holder FROM public.deconfliction_settlement s CROSS JOIN LATERAL deconfliction.registrations(s.hit_id) r
    WHERE s.id = in_settlement AND s.carried_at IS NOT NULL AND deconfliction.manages() $$;
GRANT EXECUTE ON FUNCTION deconfliction.standing(), deconfliction.measures(date), deconfliction.pair(uuid) TO recoupe_app;
