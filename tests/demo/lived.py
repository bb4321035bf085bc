"""What the base of a loaded world must show: moments in the past, causes before effects, a journal of all."""

# Every moment that the loading's own day would betray; ended sessions stay where resumed loadings opened them.
MOMENTS = (
    ("access_agent", "created_at"),
    ("access_passkey", "added_at"),
    ("access_disclosure", "at"),
    ("access_feed", "at"),
    ("cases_case", "created_at"),
    ("coordination_decision", "at"),
    ("coordination_objective", "created_at"),
    ("coordination_objective", "state_since"),
    ("coordination_objective", "sent_at"),
    ("coordination_answer", "at"),
    ("coordination_measurestep", "at"),
    ("coordination_step", "at"),
    ("crosscheck_contactthread", "created_at"),
    ("crosscheck_contactthread", "requested_at"),
    ("crosscheck_contactthread", "made_at"),
    ("crosscheck_contactthread", "at"),
    ("crosscheck_hit", "at"),
    ("crosscheck_hitside", "at"),
    ("crosscheck_hitside", "created_at"),
    ("crosscheck_indexrecord", "at"),
    ("crosscheck_judgement", "at"),
    ("crosscheck_message", "at"),
    ("crosscheck_release", "asked_at"),
    ("crosscheck_release", "decided_at"),
    ("dealpoints_dealpoint", "created_at"),
    ("dealpoints_dealpoint", "state_since"),
    ("dealpoints_dealpoint", "last_confirmed_at"),
    ("dealpoints_evidence", "created_at"),
    ("dealpoints_statechange", "at"),
    ("intelligence_gradinghistory", "at"),
    ("intelligence_importfile", "created_at"),
    ("intelligence_importfile", "opened_at"),
    ("intelligence_importfile", "finished_at"),
    ("intelligence_report", "created_at"),
    ("intelligence_report", "assessment_at"),
    ("intelligence_report", "collected_at"),
    ("intelligence_report", "submitted_at"),
    ("intelligence_reporthistory", "at"),
    ("notices_notice", "at"),
)

# Each row that one of these finds tells a life in which something came before its cause.
CAUSES = {
    "a note handed in before it was written": "SELECT id FROM intelligence_report WHERE submitted_at < collected_at",
    "a note worked on before it was handed in": """
        SELECT h.id FROM intelligence_reporthistory h JOIN intelligence_report r ON r.id = h.report_id
         WHERE h.at < r.submitted_at
        UNION ALL SELECT g.id FROM intelligence_gradinghistory g JOIN intelligence_reporthistory h
            ON h.report_id = g.report_id AND h.to_state = 'TRIAGED' WHERE g.at <= h.at""",
    "a note triaged and graded at once, in another order": """
        SELECT t.id FROM intelligence_reporthistory t JOIN intelligence_gradinghistory g ON g.report_id = t.report_id
         WHERE t.to_state = 'TRIAGED' AND t.at <> g.at - interval '1 second'""",
    "a hit before both notes": """
        SELECT h.id FROM crosscheck_hit h JOIN intelligence_report r ON r.id IN (h.low, h.high)
         WHERE h.at <= r.submitted_at""",
    "an asker that came first": """
        SELECT h.id FROM crosscheck_hit h JOIN intelligence_report a ON a.id = h.asker
          JOIN intelligence_report b ON b.id IN (h.low, h.high) AND b.id <> a.id
         WHERE a.submitted_at < b.submitted_at""",
    "a contact out of order": """
        SELECT id FROM crosscheck_contactthread
         WHERE requested_at <= at OR made_at <= requested_at OR resolved_at <= made_at
            OR due_at <> requested_at + interval '48 hours'""",
    "a message before its contact": """
        SELECT m.id FROM crosscheck_message m JOIN crosscheck_contactthread t ON t.id = m.thread_id
         WHERE m.at < t.requested_at""",
    "a release before it was asked": """
        SELECT r.id FROM crosscheck_release r JOIN crosscheck_contactthread t ON t.id = r.thread_id
         WHERE r.decided_at <= r.asked_at OR r.asked_at <= t.made_at""",
    "a disclosure apart from its release": """
        SELECT d.id FROM access_disclosure d LEFT JOIN crosscheck_release r
            ON d.ground = 'contact:' || r.thread_id AND r.decided_at = d.at AND r.state = 'GRANTED'
         WHERE r.id IS NULL""",
    "a point's step before the one that precedes it": """
        SELECT b.id FROM dealpoints_statechange a JOIN dealpoints_statechange b
            ON b.point_id = a.point_id AND b.step = a.step + 1 WHERE b.at <= a.at""",
    "a point that does not stand where its history says": """
        SELECT d.id FROM dealpoints_dealpoint d JOIN dealpoints_statechange c ON c.point_id = d.id AND c.step = d.steps
         WHERE d.state <> c.to_state OR d.state_since <> c.at""",
    "a point dismantled on another day": """
        SELECT d.id FROM dealpoints_dealpoint d JOIN dealpoints_statechange c ON c.point_id = d.id
           AND c.to_state = 'DISMANTLED'
         WHERE d.dismantled_on <> (c.at AT TIME ZONE 'Europe/Paris')::date""",
    "evidence of a note that was not there": """
        SELECT e.id FROM dealpoints_evidence e JOIN intelligence_report r ON r.id = e.record_id
         WHERE e.created_at < r.submitted_at OR e.at <> r.collected_at""",
    "a check that was answered before its day, or of a place that was not watched": """
        SELECT a.id FROM coordination_answer a JOIN coordination_check c ON c.id = a.check_id
         WHERE a.seen_on < c.due_on OR (a.at AT TIME ZONE 'Europe/Paris')::date < c.due_on""",
    "a check of another dismantling than the history's": """
        SELECT k.id FROM coordination_check k
          JOIN dealpoints_statechange c ON c.point_id = k.point_id AND c.step = k.step
         WHERE c.to_state <> 'DISMANTLED' OR k.due_on <> (c.since AT TIME ZONE 'Europe/Paris')::date + k.days""",
    "an objective's step before the one that precedes it": """
        SELECT b.id FROM coordination_step a JOIN coordination_step b
            ON b.objective_id = a.objective_id AND b.number = a.number + 1 WHERE b.at <= a.at""",
    "a decision apart from its step": """
        SELECT d.id FROM coordination_decision d WHERE NOT EXISTS (
            SELECT 1 FROM coordination_step s WHERE s.objective_id = d.objective_id AND s.at = d.at)""",
    "a deadline before the allocation": """
        SELECT o.id FROM coordination_objective o JOIN coordination_step s ON s.objective_id = o.id
           AND s.to_state = 'ALLOCATED'
         WHERE o.deadline <= s.at::date""",
    "a reference of another year": """
        SELECT id FROM intelligence_report
         WHERE substr(right(ref, 9), 1, 2) <> to_char(submitted_at AT TIME ZONE 'Europe/Paris', 'YY')
        UNION ALL SELECT id FROM dealpoints_dealpoint
         WHERE substr(right(ref, 9), 1, 2) <> to_char(created_at AT TIME ZONE 'Europe/Paris', 'YY')
        UNION ALL SELECT o.id FROM coordination_objective o JOIN dealpoints_dealpoint d ON d.id = o.origin_id
         WHERE d.ref <> o.origin_ref""",
    "a file that does not hold its notes": """
        SELECT i.id FROM intelligence_importfile i WHERE i.rows_written <> (SELECT count(*) FROM intelligence_report r
            WHERE r.import_id = i.id AND r.submitted_at BETWEEN i.opened_at AND i.finished_at)""",
    "a notice of what had not happened": """
        SELECT n.id FROM notices_notice n JOIN crosscheck_hitside s ON s.id = n.record_id WHERE n.at <> s.at
        UNION ALL SELECT n.id FROM notices_notice n JOIN crosscheck_contactthread t ON t.id = n.record_id
         WHERE n.at < t.requested_at
        UNION ALL SELECT id FROM notices_notice WHERE seen_at <= at""",
    "a list in another order than its objects": """
        SELECT f.id FROM access_feed f JOIN intelligence_report r ON r.id = f.id WHERE f.at <> r.collected_at
        UNION ALL SELECT f.id FROM access_feed f JOIN dealpoints_dealpoint d ON d.id = f.id
         WHERE f.at <> d.created_at""",
}

# What was done, on which object, in which word of the journal, when.
DONE = {
    "report": """SELECT 'report:' || report_id, to_state::text, at, actor_id FROM intelligence_reporthistory
                 WHERE to_state <> from_state AND NOT (to_state = 'TRIAGED' AND report_id IN (
                     SELECT report_id FROM intelligence_gradinghistory))""",
    "dealpoint": "SELECT 'dealpoint:' || point_id, to_state::text, at, actor_id FROM dealpoints_statechange",
    "objective": "SELECT 'objective:' || objective_id, to_state::text, at, actor_id FROM coordination_step",
    "contact": """SELECT 'contact:' || id, 'REQUESTED', requested_at, NULL::uuid FROM crosscheck_contactthread
                  WHERE requested_at IS NOT NULL""",
    "import": "SELECT 'import:' || id, 'OPENED', opened_at, opened_by FROM intelligence_importfile",
    "case": "SELECT 'case:' || id, 'OPEN', created_at, NULL::uuid FROM cases_case",
}
