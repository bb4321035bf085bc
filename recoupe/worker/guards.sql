-- A site asks for the jobs that act under a mandate, under one that its agent has just signed for that very job.
CREATE OR REPLACE FUNCTION worker.check_asked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.task_name NOT IN ('recoupe.check_file', 'recoupe.import_file') OR NOT EXISTS (
        SELECT 1 FROM public.access_mandate m JOIN public.intelligence_importfile f
            ON f.id::text = NEW.args ->> 'import_id' AND f.readers && access.keys()
         WHERE m.id::text = NEW.args ->> 'mandate' AND m.agent_id = access.agent() AND m.task = NEW.task_name
           AND m.expires_at > now() AND m.revoked_at IS NULL) THEN
        RAISE EXCEPTION 'not a job that this agent may ask for' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS check_asked ON procrastinate_jobs;
CREATE TRIGGER check_asked BEFORE INSERT ON procrastinate_jobs FOR EACH ROW
    WHEN (session_user IN ('recoupe_app', 'recoupe_signin', 'recoupe_portal')) EXECUTE FUNCTION worker.check_asked();

-- The queue announces each job, with its number, on a channel that every role may listen to: the worker looks instead.
DROP TRIGGER IF EXISTS procrastinate_jobs_notify_queue_job_inserted_v1 ON procrastinate_jobs;
DROP TRIGGER IF EXISTS procrastinate_jobs_notify_queue_job_aborted_v1 ON procrastinate_jobs;
