-- The jobs: the worker owns their life, the sites may only ask for one; arguments are opaque identifiers (docs/adr/0003).
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['procrastinate_jobs', 'procrastinate_workers', 'procrastinate_periodic_defers', 'procrastinate_events'] LOOP
        EXECUTE format('CALL access.shield(%L)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO recoupe_worker', t);
        EXECUTE format('DROP POLICY IF EXISTS worker_all ON %I', t);
        EXECUTE format('CREATE POLICY worker_all ON %I TO recoupe_worker USING (true) WITH CHECK (true)', t);
    END LOOP;
    FOR t IN SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
              WHERE n.nspname = 'public' AND p.proname LIKE 'procrastinate\_%' LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', t);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO recoupe_worker, recoupe_definer', t);
        -- Its triggers name their tables without a schema; they also run under functions of ours, whose path is pinned.
        IF t LIKE 'procrastinate\_trigger%' THEN EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public', t); END IF;
    END LOOP;
    FOR t IN SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'S' AND c.relname LIKE 'procrastinate\_%' LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE %s TO recoupe_worker, recoupe_definer', t);
    END LOOP;
END $$;
-- The library's own function answers with the number of the job, which counts those of everybody: the sites ask by ours,
-- which answers nothing; what may be asked for stands in guards.sql.
ALTER FUNCTION public.procrastinate_defer_jobs_v1(public.procrastinate_job_to_defer_v1[]) SECURITY INVOKER RESET search_path;
ALTER FUNCTION public.procrastinate_defer_jobs_v1(public.procrastinate_job_to_defer_v1[]) OWNER TO recoupe_owner;
REVOKE EXECUTE ON FUNCTION public.procrastinate_defer_jobs_v1(public.procrastinate_job_to_defer_v1[]) FROM recoupe_app;
CREATE OR REPLACE FUNCTION worker.ask(in_task text, in_import uuid, in_mandate uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ INSERT INTO public.procrastinate_jobs (queue_name, task_name, priority, lock, args)
   VALUES ('default', in_task, 0, 'import:' || in_import, jsonb_build_object('import_id', in_import, 'mandate', in_mandate)) $$;
GRANT EXECUTE ON FUNCTION worker.ask(text, uuid, uuid) TO recoupe_app;

-- How many jobs wait, run or have failed, and when the worker was last heard: the administrator's figures, nothing else.
CREATE OR REPLACE FUNCTION worker.backlog() RETURNS TABLE (status text, jobs bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT j.status::text, count(*) FROM public.procrastinate_jobs j
    WHERE access.has_role('sysadmin') AND j.status::text IN ('todo', 'doing', 'failed') GROUP BY j.status $$;
CREATE OR REPLACE FUNCTION worker.heard() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT max(w.last_heartbeat) FROM public.procrastinate_workers w WHERE access.has_role('sysadmin') $$;
GRANT EXECUTE ON FUNCTION worker.backlog(), worker.heard() TO recoupe_app;
