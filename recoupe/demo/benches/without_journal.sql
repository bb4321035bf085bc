-- The build without the journal, for a bench alone: what it costs is the difference.
DO $$ BEGIN
    IF current_database() NOT LIKE 'bench\_%' THEN
        RAISE EXCEPTION 'the journal is put off in the base of a bench alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
CREATE OR REPLACE FUNCTION audit.record(operation text, refs text[], fields text[], details jsonb, recipient uuid, result_count integer)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN END $$;
CREATE OR REPLACE FUNCTION audit.demand_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN RETURN NULL; END $$;
