-- The journal: written through audit.record alone, never changed, read by the officer for data protection.
CALL access.shield('audit_entry');
GRANT SELECT ON audit_entry TO recoupe_app;
DROP POLICY IF EXISTS officer_reads ON audit_entry;
CREATE POLICY officer_reads ON audit_entry FOR SELECT TO recoupe_app USING ((SELECT access.has_role('dpo')));
REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM recoupe_definer;

CREATE OR REPLACE FUNCTION audit.never_changes() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'insufficient_privilege'; END $$;
DROP TRIGGER IF EXISTS append_only ON audit_entry;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit.never_changes();

CREATE OR REPLACE FUNCTION audit.write(actor uuid, unit uuid, purpose text, motive text, case_ref text, service text,
    operation text, refs text[], fields text[], details jsonb, recipient uuid, result_count integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ INSERT INTO public.audit_entry (at, actor, unit, purpose, motive, case_ref, service, operation, refs, fields, details, recipient, result_count)
   VALUES (clock_timestamp(), actor, unit, purpose, motive, case_ref, service, operation, refs, fields, details, recipient, result_count) $$;

-- Who acts, why and when come from the context, never from the caller.
CREATE OR REPLACE FUNCTION audit.record(operation text, refs text[], fields text[], details jsonb, recipient uuid, result_count integer)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE c record;
BEGIN
    UPDATE public.access_context SET journaled = true
     WHERE pid = pg_backend_pid() AND xid = pg_current_xact_id()
     RETURNING agent, unit, purpose, motive, case_ref, service INTO c;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no acting context: nothing can be written to the journal' USING ERRCODE = 'insufficient_privilege';
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

-- Entries that touch one object: arrays cannot reach their index under a policy, hence this listed function.
CREATE OR REPLACE FUNCTION audit.touching(ref text, before_id bigint, n integer) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT e.id FROM public.audit_entry e
    WHERE access.has_role('dpo') AND e.refs @> ARRAY[ref] AND e.id < before_id ORDER BY e.id DESC LIMIT least(n, 200) $$;

GRANT EXECUTE ON FUNCTION audit.record(text, text[], text[], jsonb, uuid, integer)
    TO recoupe_app, recoupe_worker, recoupe_matcher, recoupe_owner, recoupe_definer;
GRANT EXECUTE ON FUNCTION audit.touching(text, bigint, integer) TO recoupe_app;
