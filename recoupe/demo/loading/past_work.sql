-- What was done with the notes, at the moments of the made world; then what was told, listed and journaled of it.

-- Reports: the cells' work, then the matcher's.
UPDATE intelligence_gradinghistory g SET at = p.graded FROM past_report p WHERE p.id = g.report_id;
CREATE TEMP TABLE past_met ON COMMIT DROP AS
SELECT r.id, min(h.at) AS at FROM past_report r JOIN (
    SELECT h.id, unnest(ARRAY[h.low, h.high]) AS report, greatest(a.submitted, b.submitted) + interval '2 seconds' AS at
      FROM crosscheck_hit h JOIN past_report a ON a.id = h.low JOIN past_report b ON b.id = h.high) h ON h.report = r.id
 GROUP BY r.id;
CREATE TEMP TABLE past_cited ON COMMIT DROP AS
SELECT e.record_id AS id, min(p.at) + interval '1 second' AS at FROM dealpoints_evidence e
  JOIN coordination_objective o ON o.origin_id = e.point_id JOIN past_objective p ON p.id = o.id AND p.number = 1
 GROUP BY e.record_id;
UPDATE intelligence_reporthistory h SET at = CASE h.to_state
         WHEN 'TRIAGED' THEN CASE WHEN EXISTS (SELECT 1 FROM intelligence_gradinghistory g WHERE g.report_id = h.report_id)
                             THEN p.graded - interval '1 second' ELSE p.triaged END  -- one act triages and grades
         WHEN 'GRADED' THEN p.graded WHEN 'INDEXED' THEN p.indexed
         WHEN 'REJECTED' THEN p.triaged WHEN 'FILED' THEN p.ended
         WHEN 'CROSS_CHECKED' THEN p.indexed + interval '2 seconds'
         WHEN 'NO_HIT' THEN p.indexed + interval '3 seconds'
         WHEN 'HIT' THEN greatest(p.indexed + interval '4 seconds', m.at)
         -- Cited by an objective when it is proposed, or once the note speaks for its point.
         WHEN 'LINKED' THEN greatest(p.indexed + interval '5 seconds', m.at + interval '1 second', p.evidence, o.at)
         ELSE h.at END
  FROM past_report p LEFT JOIN past_met m ON m.id = p.id LEFT JOIN past_cited o ON o.id = p.id
 WHERE p.id = h.report_id AND h.to_state <> 'SUBMITTED';

-- Deal points: their history, and what follows from it.
UPDATE dealpoints_statechange c SET at = p.at, since = p.at FROM past_point p WHERE p.id = c.point_id AND p.step = c.step;
UPDATE dealpoints_dealpoint d
   SET first_confirmed_at = (SELECT min(p.collected) FROM dealpoints_evidence e JOIN past_report p ON p.id = e.record_id
                              WHERE e.point_id = d.id)
 WHERE d.first_confirmed_at IS NOT NULL;
UPDATE dealpoints_evidence e SET at = p.collected, created_at = coalesce(p.evidence, p.submitted)
  FROM past_report p WHERE p.id = e.record_id;
UPDATE dealpoints_dealpoint d SET created_at = life.first, state_since = life.last,
       ref = past_ref(d.ref, life.first), dismantled_on = (life.dismantled AT TIME ZONE 'Europe/Paris')::date,
       last_confirmed_at = CASE WHEN d.last_confirmed_at IS NULL THEN NULL ELSE heard.last END
  FROM (SELECT point_id, min(at) AS first, max(at) AS last, max(at) FILTER (WHERE to_state = 'DISMANTLED') AS dismantled
          FROM dealpoints_statechange GROUP BY point_id) life
  LEFT JOIN (SELECT point_id, max(at) AS last FROM dealpoints_evidence GROUP BY point_id) heard USING (point_id)
 WHERE life.point_id = d.id;

-- After the operations: the checks count from the day of the dismantling as history now has it.
UPDATE coordination_check k SET due_on = (c.since AT TIME ZONE 'Europe/Paris')::date + k.days
  FROM dealpoints_statechange c WHERE c.point_id = k.point_id AND c.step = k.step;
UPDATE coordination_answer a SET seen_on = k.due_on FROM coordination_check k WHERE k.id = a.check_id AND a.seen_on < k.due_on;
-- A check was answered on the evening of its day, a plan made when the watch began.
UPDATE coordination_answer a SET at = (coalesce(a.seen_on, c.due_on + 2) + time '18:20') AT TIME ZONE 'Europe/Paris'
  FROM coordination_check c WHERE c.id = a.check_id;
UPDATE coordination_measurestep s SET at = w.at + interval '40 minutes'
  FROM coordination_measure m JOIN dealpoints_statechange w ON w.point_id = m.point_id AND w.to_state = 'WATCH'
 WHERE m.id = s.measure_id;

-- Objectives.
UPDATE coordination_step s SET at = p.at FROM past_objective p WHERE p.id = s.objective_id AND p.number = s.number;
UPDATE coordination_decision d SET at = s.at FROM coordination_step s
 WHERE s.objective_id = d.objective_id AND s.to_state = CASE d.verdict WHEN 'validated' THEN 'VALIDATED' ELSE 'REFUSED' END;
UPDATE coordination_objective o SET created_at = life.first, state_since = life.last, ref = past_ref(o.ref, life.first),
       sent_at = life.sent, deadline = days.deadline, operation_on = days.operation, outcome_on = days.outcome,
       origin_ref = coalesce((SELECT d.ref FROM dealpoints_dealpoint d WHERE d.id = o.origin_id), o.origin_ref)
  FROM (SELECT objective_id, min(at) AS first, max(at) AS last, max(at) FILTER (WHERE to_state = 'TO_PROSECUTOR') AS sent
          FROM coordination_step GROUP BY objective_id) life JOIN past_objective_day days ON days.id = life.objective_id
 WHERE life.objective_id = o.id;

-- Hits, what each side was told, and the contacts.
UPDATE crosscheck_hit h SET at = greatest(a.submitted, b.submitted) + interval '2 seconds'
  FROM past_report a, past_report b WHERE a.id = h.low AND b.id = h.high;
UPDATE crosscheck_hitside s SET at = h.at, created_at = h.at FROM crosscheck_hit h WHERE h.id = s.hit_id;
UPDATE crosscheck_judgement j SET at = h.at, created_at = h.at FROM crosscheck_hit h WHERE h.id = j.hit_id;
UPDATE crosscheck_contactthread t SET at = h.at, created_at = h.at FROM crosscheck_hit h WHERE h.id = t.hit_id;
CREATE TEMP TABLE past_word ON COMMIT DROP AS  -- the nth message of a contact was written with its nth speaking step
SELECT m.id, m.thread_id, m.at AS before, p.at FROM (
    SELECT id, thread_id, at, row_number() OVER (PARTITION BY thread_id ORDER BY at) AS n FROM crosscheck_message) m
  JOIN (SELECT id, at, row_number() OVER (PARTITION BY id ORDER BY at) AS n FROM past_contact WHERE speaks) p
    ON p.id = m.thread_id AND p.n = m.n;
UPDATE crosscheck_message m SET at = w.at FROM past_word w WHERE w.id = m.id;
UPDATE crosscheck_contactthread t SET requested_at = c.request, due_at = c.request + (t.due_at - t.requested_at),
       made_at = c.answer, resolved_at = c.accept
  FROM (SELECT id, max(at) FILTER (WHERE step = 'request') AS request, max(at) FILTER (WHERE step = 'answer') AS answer,
               max(at) FILTER (WHERE step = 'accept') AS accept FROM past_contact GROUP BY id) c WHERE c.id = t.id;
UPDATE access_disclosure d SET at = c.at, last_verified = (coalesce(g.at, p.submitted) AT TIME ZONE 'Europe/Paris')::date
  FROM past_contact c, past_report p
  LEFT JOIN (SELECT report_id, max(at) AS at FROM intelligence_gradinghistory GROUP BY report_id) g ON g.report_id = p.id
 WHERE d.ground = 'contact:' || c.id AND c.step = 'give' AND p.id = d.record_id;
UPDATE crosscheck_release r SET asked_at = c.ask,
       decided_at = CASE WHEN r.decided_at IS NULL THEN NULL ELSE c.decided END,
       last_verified = (SELECT d.last_verified FROM access_disclosure d WHERE d.ground = 'contact:' || r.thread_id
                           AND d.record_id = r.record_id)
  FROM (SELECT id, max(at) FILTER (WHERE step = 'ask') AS ask, max(at) FILTER (WHERE step IN ('give', 'keep')) AS decided
          FROM past_contact GROUP BY id) c WHERE c.id = r.thread_id;

-- Everybody was designated, and each procedure entered, before anything was done with them.
UPDATE access_agent a SET created_at = h.at
  FROM (SELECT agent_id, (min(valid_from) - 1 + time '10:00') AT TIME ZONE 'Europe/Paris' AS at
          FROM access_habilitation GROUP BY agent_id) h WHERE h.agent_id = a.id;
UPDATE access_passkey k SET added_at = a.created_at FROM access_agent a WHERE a.id = k.agent_id;
UPDATE cases_case SET created_at = (opened_on + time '09:30') AT TIME ZONE 'Europe/Paris';

-- One table of moments for notices and journal: of which object, in which word, when.
CREATE TEMP TABLE past_moment ON COMMIT DROP AS
SELECT 'report' AS kind, report_id AS id, to_state::text AS word, min(at) AS at FROM intelligence_reporthistory
  GROUP BY report_id, to_state
UNION ALL SELECT 'dealpoint', point_id, to_state, min(at) FROM dealpoints_statechange GROUP BY point_id, to_state
UNION ALL SELECT 'objective', objective_id, to_state, min(at) FROM coordination_step GROUP BY objective_id, to_state
UNION ALL SELECT 'dealpoint', c.point_id, 'look' || c.days, a.at FROM coordination_answer a
  JOIN coordination_check c ON c.id = a.check_id
UNION ALL SELECT 'dealpoint', m.point_id, 'measure', min(s.at) FROM coordination_measure m
  JOIN coordination_measurestep s ON s.measure_id = m.id GROUP BY m.point_id
UNION ALL SELECT 'objective', objective_id, verdict, at FROM coordination_decision
UNION ALL SELECT 'pair', id, 'pairs', at FROM crosscheck_hit
UNION ALL SELECT 'hit', id, '', at FROM crosscheck_hitside
UNION ALL SELECT 'judgement', id, '', at FROM crosscheck_judgement
UNION ALL SELECT 'case', id, 'OPEN', created_at FROM cases_case
UNION ALL SELECT 'agent', id, 'designation', created_at FROM access_agent
UNION ALL SELECT 'event', id, 'PLANNED', created_at FROM operations_event
UNION ALL SELECT 'event', id, state, changed_at FROM operations_event WHERE state <> 'PLANNED'
UNION ALL SELECT 'message', id, '', at FROM crosscheck_message
UNION ALL SELECT 'release', id, CASE n WHEN 1 THEN 'REQUESTED' ELSE state END, CASE n WHEN 1 THEN asked_at ELSE decided_at END
            FROM crosscheck_release, generate_series(1, 2) AS n WHERE n = 1 OR decided_at IS NOT NULL
UNION ALL SELECT 'contact', c.id, w.word, c.at FROM past_contact c JOIN (VALUES
    ('request', 'REQUESTED'), ('answer', 'MADE'), ('propose', 'same_network'), ('accept', 'RESOLVED'),
    ('escalate', 'ESCALATED_CELL'), ('ask', 'asked'), ('give', 'granted'), ('keep', 'refused')) AS w(step, word) USING (step)
UNION ALL SELECT 'import', i.id, w.word, i.finished_at - w.since FROM intelligence_importfile i CROSS JOIN (VALUES
    ('UPLOADED', interval '14 minutes'), ('CHECKED', '13 minutes'), ('OPENED', '1 minute'), ('DONE', '0')) AS w(word, since);
CREATE INDEX ON past_moment (kind, id, word);
ANALYZE past_moment;

-- Notices: at the moment of what they tell; their terms move with them; what is settled, or old news, has been seen.
CREATE TEMP TABLE past_notice ON COMMIT DROP AS
SELECT n.id, m.at FROM notices_notice n JOIN past_moment m ON m.kind = n.record_kind AND m.id = n.record_id
   AND m.word = CASE
       WHEN n.record_kind IN ('objective', 'dealpoint') THEN upper(substr(n.kind, length(n.record_kind) + 2))
       ELSE (SELECT w.word FROM (VALUES
           ('report_to_triage', 'report', 'SUBMITTED'), ('report_to_triage', 'import', 'DONE'),
           ('report_received', 'report', 'GRADED'), ('report_rejected', 'report', 'REJECTED'),
           ('report_closed', 'report', 'FILED'), ('report_used', 'report', 'LINKED'),
            ('import_to_open', 'import', 'CHECKED'), ('import_done', 'import', 'DONE'),
           ('hit', 'hit', ''), ('weak_hit', 'hit', ''), ('judgement', 'judgement', ''),
           ('contact_requested', 'contact', 'REQUESTED'), ('contact_made', 'contact', 'MADE'),
           ('contact_resolved', 'contact', 'RESOLVED'), ('contact_escalated', 'contact', 'ESCALATED_CELL'),
           ('resolution_proposed', 'contact', 'same_network'), ('release_requested', 'contact', 'asked'),
           ('release_granted', 'contact', 'granted'), ('release_refused', 'contact', 'refused')) AS w(told, of, word)
           WHERE w.told = n.kind AND w.of = n.record_kind) END
UNION ALL  -- what an answer told was told with the last one of its point
SELECT n.id, max(a.at) FROM notices_notice n JOIN coordination_check c ON c.point_id = n.record_id
  JOIN coordination_answer a ON a.check_id = c.id WHERE n.kind LIKE 'check\_%' GROUP BY n.id
UNION ALL  -- a message's notice was left when the message was written
SELECT n.id, w.at FROM notices_notice n CROSS JOIN LATERAL (
    SELECT p.at FROM past_word p WHERE p.thread_id = n.record_id ORDER BY abs(extract(epoch FROM p.before - n.at)) LIMIT 1) w
 WHERE n.kind = 'message';
UPDATE notices_notice n SET at = p.at, due_at = CASE
         WHEN n.kind = 'objective_allocated' THEN (SELECT (o.deadline + 1)::timestamp AT TIME ZONE 'Europe/Paris'
               - interval '1 microsecond' FROM coordination_objective o WHERE o.id = n.record_id)
         ELSE p.at + (n.due_at - n.at) END
  FROM past_notice p WHERE p.id = n.id;
UPDATE notices_notice n SET seen_at = least(n.at + interval '26 hours', past_end())
 WHERE n.seen_at IS NULL AND n.at < past_end() - interval '2 days' AND NOT CASE n.record_kind
     WHEN 'report' THEN n.kind = 'report_to_triage'
         AND EXISTS (SELECT 1 FROM intelligence_report r WHERE r.id = n.record_id AND r.state = 'SUBMITTED')
     WHEN 'contact' THEN EXISTS (SELECT 1 FROM crosscheck_contactthread t WHERE t.id = n.record_id
         AND (n.kind = 'contact_requested' AND t.state = 'REQUESTED' OR n.kind = 'contact_escalated'
              OR n.kind = 'release_requested' AND EXISTS (SELECT 1 FROM crosscheck_release r WHERE r.thread_id = t.id
                                                             AND r.state = 'REQUESTED')))
     WHEN 'hit' THEN n.at > past_end() - interval '21 days' AND EXISTS (SELECT 1 FROM crosscheck_hitside s
         JOIN crosscheck_contactthread t ON t.id = s.thread_id WHERE s.id = n.record_id AND t.state = 'AVAILABLE')
     WHEN 'judgement' THEN true
     WHEN 'objective' THEN n.kind = (SELECT 'objective_' || lower(o.state) FROM coordination_objective o WHERE o.id = n.record_id)
         AND n.kind NOT IN ('objective_refused', 'objective_closed', 'objective_abandoned')
     WHEN 'dealpoint' THEN n.kind LIKE 'check\_%' AND EXISTS (
             SELECT 1 FROM dealpoints_dealpoint d WHERE d.id = n.record_id AND d.state = 'WATCH')
         OR n.kind = 'dealpoint_reported' AND EXISTS (SELECT 1 FROM dealpoints_dealpoint d WHERE d.id = n.record_id AND d.state = 'REPORTED')
     ELSE n.at > past_end() - interval '10 days' END;

-- Lists.
UPDATE access_feed f SET at = o.at FROM (
    SELECT id, at FROM crosscheck_hitside UNION ALL SELECT id, requested_at FROM crosscheck_contactthread WHERE requested_at IS NOT NULL
    UNION ALL SELECT id, created_at FROM dealpoints_dealpoint UNION ALL SELECT id, created_at FROM coordination_objective) o
 WHERE o.id = f.id;

-- The journal. An entry of many references becomes one for each moment; those of a file, one for each of its files.
CREATE TEMP TABLE past_entry (LIKE audit_entry) ON COMMIT DROP;
ALTER TABLE past_entry DROP COLUMN salt;
CREATE TEMP TABLE past_ref ON COMMIT DROP AS
SELECT e.id, r.n, split_part(r.ref, ':', 1) AS kind, split_part(r.ref, ':', 2)::uuid AS object, r.ref,
       cardinality(e.refs) AS count,
       coalesce(e.details ->> 'told', e.details ->> 'state', e.details ->> 'verdict', e.details ->> 'proposed',
                CASE WHEN e.details ? 'look' THEN 'look' || (e.details ->> 'days') WHEN e.details ? 'measure' THEN 'measure'
                     WHEN e.details ? 'lane' THEN 'lane' WHEN e.details ? 'evidence' THEN 'evidence'
                     WHEN e.fields = '{silent_until}' THEN 'silent'
                     WHEN e.operation = 'configure' THEN 'designation' ELSE '' END) AS word
  FROM audit_entry e CROSS JOIN LATERAL unnest(e.refs) WITH ORDINALITY AS r(ref, n);
CREATE TEMP TABLE past_place ON COMMIT DROP AS
SELECT r.id, r.n, r.ref, r.kind, r.object, CASE
         WHEN r.word = 'lane' THEN p.submitted + interval '1 second'
         WHEN r.word = 'silent' THEN p.submitted + interval '20 minutes'
         WHEN r.word = '' AND r.kind = 'report' THEN d.at
         ELSE m.at END AS at
  FROM past_ref r
  LEFT JOIN past_moment m ON m.kind = r.kind AND m.id = r.object AND m.word = r.word
  LEFT JOIN past_report p ON r.kind = 'report' AND p.id = r.object
  LEFT JOIN access_disclosure d ON r.kind = 'report' AND r.word = '' AND d.record_id = r.object
 WHERE r.word <> 'evidence'
UNION ALL SELECT r.id, r.n, r.ref, r.kind, r.object, p.evidence FROM past_ref r JOIN past_report p ON p.id = r.object
 WHERE r.word = 'evidence' AND r.kind = 'report';

INSERT INTO past_entry  -- entries on notes alone: one for each moment, and for each file
SELECT e.id, g.at, e.actor, e.unit, e.purpose, e.motive, e.case_ref, e.service, e.operation, g.refs, e.fields,
       CASE WHEN e.details ? 'import' THEN jsonb_set(e.details, '{import}', to_jsonb(g.file)) ELSE e.details END,
       e.recipient, CASE WHEN e.result_count IS NULL THEN NULL ELSE g.met END
  FROM audit_entry e JOIN (
    SELECT p.id, p.at, r.file, array_agg(p.ref ORDER BY p.n) AS refs, count(m.id) AS met
      FROM past_place p JOIN past_report r ON r.id = p.object LEFT JOIN past_met m ON m.id = r.id AND m.at <= p.at + interval '5 seconds'
     WHERE p.kind = 'report' GROUP BY p.id, p.at, r.file) g ON g.id = e.id
 WHERE NOT EXISTS (SELECT 1 FROM past_ref o WHERE o.id = e.id AND o.kind <> 'report') AND e.details ->> 'told' IS NULL;
INSERT INTO past_entry  -- the pairs that were told: one entry for each moment
SELECT e.id, p.at, e.actor, e.unit, e.purpose, e.motive, e.case_ref, e.service, e.operation,
       array_agg(r.ref ORDER BY r.n), e.fields, e.details, e.recipient, e.result_count
  FROM audit_entry e JOIN past_place p ON p.id = e.id AND p.kind = 'pair'
  JOIN past_ref r ON r.id = e.id AND r.n BETWEEN p.n AND p.n + 2
 GROUP BY e.id, p.at, e.actor, e.unit, e.purpose, e.motive, e.case_ref, e.service, e.operation, e.fields, e.details, e.recipient, e.result_count;
INSERT INTO past_entry  -- the steps of a file, for each file that it became
SELECT e.id, f.at + w.since, e.actor, e.unit, e.purpose, e.motive, e.case_ref, e.service, e.operation, ARRAY['import:' || f.id],
       e.fields, e.details, e.recipient, e.result_count
  FROM audit_entry e JOIN past_ref r ON r.id = e.id AND r.kind = 'import' JOIN past_file f ON f.template = r.object
  JOIN (VALUES ('UPLOADED', interval '-14 minutes'), ('CHECKED', '-13 minutes'), ('OPENED', '-1 minute'), ('DONE', '1 second'))
       AS w(word, since) ON w.word = r.word;
INSERT INTO past_entry  -- the others: whole, at the moment of the last of their objects that tells one
SELECT e.id, coalesce((SELECT max(p.at) FROM past_place p WHERE p.id = e.id), e.at), e.actor, e.unit, e.purpose, e.motive,
       e.case_ref, e.service, e.operation, e.refs, e.fields, e.details, e.recipient, e.result_count
  FROM audit_entry e WHERE NOT EXISTS (SELECT 1 FROM past_entry o WHERE o.id = e.id);

-- Each agent signed in, and said why, some minutes before his first act; these sessions are over.
CREATE TEMP TABLE past_first ON COMMIT DROP AS
SELECT actor, min(at) AS at FROM past_entry WHERE actor IS NOT NULL AND operation NOT IN ('sign_in', 'purpose') GROUP BY actor;
UPDATE past_entry e SET at = f.at - CASE e.operation WHEN 'sign_in' THEN interval '3 minutes' ELSE interval '2 minutes' END
  FROM past_first f WHERE e.operation IN ('sign_in', 'purpose')
   AND f.actor = coalesce(e.actor, (regexp_match(e.refs[1], '^agent:(.*)$'))[1]::uuid);
UPDATE access_session s SET opened_at = f.at - interval '3 minutes', expires_at = f.at + (s.expires_at - s.opened_at),
       revoked_at = CASE WHEN s.revoked_at IS NULL THEN NULL ELSE f.at + interval '40 minutes' END
  FROM past_first f WHERE f.actor = s.agent_id AND s.revoked_at IS NOT NULL;

TRUNCATE audit_entry, audit_unsequenced, audit_tally, audit_tallymark RESTART IDENTITY;
INSERT INTO audit_entry (at, actor, unit, purpose, motive, case_ref, service, operation, refs, fields, details, recipient, result_count)
SELECT at, actor, unit, purpose, motive, case_ref, service, operation, refs, fields, details, recipient, result_count
  FROM past_entry ORDER BY at, id;
-- No trigger fires while the past is written: its entries wait for their leaves like any other.
INSERT INTO audit_unsequenced (entry) SELECT id FROM audit_entry;
