-- The notes at the moments of the made world, before the cells and the matcher work on them: who came later asks.

-- A unit handed in one file for the whole loading; it becomes one file a week, the last one under the first one's identity.
INSERT INTO intelligence_importfile
SELECT made.* FROM past_file f JOIN intelligence_importfile t ON t.id = f.template
 CROSS JOIN LATERAL jsonb_populate_record(t, jsonb_build_object('id', f.id)) AS made WHERE f.id <> f.template;
UPDATE intelligence_importfile i SET name = f.name, sha256 = f.sha256, size = f.size, rows_total = f.rows,
       rows_valid = f.rows, rows_done = f.rows, rows_written = f.rows, created_at = f.at - interval '14 minutes',
       opened_at = f.at - interval '1 minute', finished_at = f.at + interval '1 second'
  FROM past_file f WHERE f.id = i.id;

UPDATE intelligence_report r SET ref = p.ref, collected_at = p.collected, submitted_at = p.submitted,
       created_at = p.submitted, assessment_at = CASE WHEN r.assessment_at IS NULL THEN NULL ELSE p.submitted END,
       import_id = coalesce(p.file, r.import_id)
  FROM past_report p WHERE p.id = r.id;
UPDATE intelligence_reporthistory h
   SET at = p.submitted + CASE WHEN h.from_state = 'SUBMITTED' THEN interval '20 minutes' ELSE interval '0' END
  FROM past_report p WHERE p.id = h.report_id;
UPDATE intelligence_outbox o SET at = p.submitted FROM past_report p WHERE p.id = o.report_id;
UPDATE access_feed f SET at = p.collected FROM past_report p WHERE p.id = f.id;
UPDATE intelligence_depositcount c SET day = last.day
  FROM (SELECT author_id, max((submitted_at AT TIME ZONE 'Europe/Paris')::date) AS day
          FROM intelligence_report GROUP BY author_id) last WHERE last.author_id = c.agent_id;
