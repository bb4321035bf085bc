-- Rows of an installation of before: the key of an agent was the same in every unit, so that who was transferred went on
-- reading what he had left (R-ACC-1). Each row gives it up for the key of that agent in the unit of the row. The set-up
-- runs this after the policies, as often as it is run itself; where no old key is left it changes nothing.
SET LOCAL ROLE recoupe_definer;
DO $$
DECLARE
    changed bigint := 0;
    part bigint;
    step text;
    -- An agent's key of before.
    old CONSTANT text := 'WITH old AS MATERIALIZED (SELECT a.id, access.key(a.id, ''agent'') AS key FROM public.access_agent a) ';
    -- What a notice or a line of a list is about says in which unit it is his; the sides of hits come last, for they say it.
    of_notice CONSTANT text := '(SELECT n.id, o.id AS agent, b.unit FROM public.notices_notice n JOIN old o ON o.key = n.key
        CROSS JOIN LATERAL (
            SELECT r.owner_unit_id AS unit FROM public.intelligence_report r
             WHERE n.record_kind = ''report'' AND r.id = n.record_id AND r.author_id = o.id
            UNION ALL SELECT f.owner_unit_id FROM public.intelligence_importfile f
             WHERE n.record_kind = ''import'' AND f.id = n.record_id AND f.uploaded_by = o.id
            UNION ALL SELECT s.owner_unit_id FROM public.crosscheck_hitside s
             WHERE n.record_kind = ''hit'' AND s.id = n.record_id AND s.author_id = o.id
            UNION ALL SELECT s.owner_unit_id FROM public.crosscheck_hitside s
             WHERE n.record_kind = ''contact'' AND s.thread_id = n.record_id AND s.author_id = o.id
            UNION ALL SELECT c.court_id FROM public.cases_case c WHERE n.record_kind = ''case'' AND c.id = n.record_id
            UNION ALL SELECT CASE o.id WHEN q.magistrate_id THEN c.court_id ELSE q.owner_unit_id END
              FROM public.crosscheck_agreement q JOIN public.cases_case c ON c.id = q.case_id
             WHERE n.record_kind = ''agreement'' AND q.id = n.record_id
            LIMIT 1) b)';
    of_line CONSTANT text := '(SELECT f.kind, f.at, f.id, access.own_key(o.id, b.unit) AS key
        FROM public.access_feed f JOIN old o ON o.key = f.key CROSS JOIN LATERAL (
            SELECT r.owner_unit_id AS unit FROM public.intelligence_report r
             WHERE f.kind = 1 AND r.id = f.id AND r.author_id = o.id
            UNION SELECT s.owner_unit_id FROM public.crosscheck_hitside s
             WHERE f.kind = 2 AND s.id = f.id AND s.author_id = o.id
            UNION SELECT s.owner_unit_id FROM public.crosscheck_hitside s
             WHERE f.kind = 3 AND s.thread_id = f.id AND s.author_id = o.id) b)';
    of_side CONSTANT text := '(SELECT s.id, s.thread_id, s.side, o.key AS former, access.own_key(o.id, s.owner_unit_id) AS key
        FROM public.crosscheck_hitside s JOIN old o ON o.id = s.author_id WHERE s.readers @> ARRAY[o.key])';
    of_question CONSTANT text := '(SELECT q.id, o.key AS former, access.own_key(o.id, p.unit) AS key
        FROM public.crosscheck_agreement q JOIN public.cases_case c ON c.id = q.case_id
        LEFT JOIN public.intelligence_report r ON r.id = q.record_id
        CROSS JOIN LATERAL (VALUES (q.magistrate_id, c.court_id), (q.asked_by, q.owner_unit_id), (r.author_id, r.owner_unit_id))
            AS p (agent, unit)
        JOIN old o ON o.id = p.agent WHERE q.readers @> ARRAY[o.key])';
    -- Both sides of a contact may name the same agent, in two units.
    without CONSTANT text := 'ARRAY(SELECT k FROM unnest(t.%1$s) AS k WHERE NOT k = ANY (x.former) UNION SELECT unnest(x.keys))
        FROM (SELECT %2$s AS id%4$s, array_agg(b.former) AS former, array_agg(b.key) AS keys FROM %3$s b GROUP BY 1%5$s) x';
BEGIN
    PERFORM access.open_service('set-up', 'clés propres liées au service');
    PERFORM audit.record('configure', '{}', '{}', '{"what": "own_keys"}', NULL, NULL);
    FOREACH step IN ARRAY ARRAY[
        'UPDATE public.notices_notice t SET key = access.own_key(x.agent, x.unit) FROM ' || of_notice || ' x WHERE t.id = x.id',
        'INSERT INTO public.access_feed (kind, key, at, id) SELECT x.kind, x.key, x.at, x.id FROM ' || of_line || ' x
            ON CONFLICT DO NOTHING',
        'DELETE FROM public.access_feed t USING old WHERE t.key = old.key',
        'UPDATE public.crosscheck_contactthread t SET readers = '
            || format(without, 'readers', 'b.thread_id', of_side, '', '') || ' WHERE t.id = x.id AND t.readers && x.former',
        'UPDATE public.crosscheck_party t SET keys = '
            || format(without, 'keys', 'b.thread_id', of_side, ', b.side', ', 2') || ' WHERE t.thread_id = x.id AND t.role = x.side
            AND t.keys && x.former',
        'UPDATE public.crosscheck_agreement t SET readers = ' || format(without, 'readers', 'b.id', of_question, '', '')
            || ' WHERE t.id = x.id',
        'UPDATE public.crosscheck_hitside t SET readers = array_replace(t.readers, x.former, x.key) FROM ' || of_side || ' x
            WHERE t.id = x.id',
        'UPDATE public.cases_case t SET readers = array_replace(t.readers, o.key, access.own_key(o.id, t.court_id))
            FROM old o WHERE o.id = t.magistrate_id AND t.readers @> ARRAY[o.key]',
        'UPDATE public.intelligence_importfile t SET readers = array_replace(t.readers, o.key, access.own_key(o.id, t.owner_unit_id))
            FROM old o WHERE o.id = t.uploaded_by AND t.readers @> ARRAY[o.key]',
        'UPDATE public.intelligence_report t SET readers = array_replace(t.readers, o.key, access.own_key(o.id, t.owner_unit_id))
            FROM old o WHERE t.state = ''DRAFT'' AND o.id = t.author_id AND t.readers @> ARRAY[o.key]']
    LOOP
        EXECUTE old || step;
        GET DIAGNOSTICS part = ROW_COUNT;
        changed := changed + part;
    END LOOP;
    -- Nothing to do: nothing was done, not even a line in the journal.
    IF changed = 0 THEN RAISE EXCEPTION USING ERRCODE = 'no_data_found'; END IF;
EXCEPTION WHEN no_data_found THEN NULL;
END $$;
RESET ROLE;
