-- What wakes a process must not tell another one that somebody has just deposited: LISTEN cannot be taken from a role, so
-- the channel has a name that only the listener may read and only functions of the definer may speak on.
CREATE TABLE IF NOT EXISTS public.access_channel (one boolean PRIMARY KEY DEFAULT true CHECK (one), name text NOT NULL);
ALTER TABLE public.access_channel OWNER TO recoupe_owner;
CALL access.shield('access_channel');
INSERT INTO public.access_channel (name) VALUES ('w' || replace(gen_random_uuid()::text, '-', '')) ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION access.channel() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$ SELECT name FROM public.access_channel $$;
CREATE OR REPLACE FUNCTION access.wake(word text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$ SELECT pg_notify(name, word) FROM public.access_channel $$;
GRANT EXECUTE ON FUNCTION access.channel() TO recoupe_matcher;
GRANT EXECUTE ON FUNCTION access.wake(text) TO recoupe_definer;

-- The register of disclosures is entered by the function that discloses, never by whoever asks for it.
DROP POLICY IF EXISTS discloses ON access_disclosure;

-- A row keeps its identifier and its owner: under another unit's name it would meet that unit's keys, and say so (R-24).
CREATE OR REPLACE FUNCTION access.keep_owner() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF current_user IN ('recoupe_app', 'recoupe_worker') THEN
        RAISE EXCEPTION 'a row keeps its owner' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DO $$
DECLARE
    t record;
    r text;
BEGIN
    FOR t IN SELECT c.oid::regclass AS name, string_agg(quote_ident(a.attname), ', ') FILTER (WHERE a.attname <> 'id') AS columns,
                    bool_or(a.attname = 'readers') AS protected
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
              WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' GROUP BY c.oid HAVING bool_or(a.attname = 'id')
    LOOP
        FOREACH r IN ARRAY ARRAY['recoupe_app', 'recoupe_worker'] LOOP
            -- Told apart from a right on some columns: those were named one by one.
            IF has_table_privilege(r, t.name, 'UPDATE') THEN
                EXECUTE format('REVOKE UPDATE ON %s FROM %I', t.name, r);
                EXECUTE format('GRANT UPDATE (%s) ON %s TO %I', t.columns, t.name, r);
            END IF;
        END LOOP;
        IF t.protected THEN
            EXECUTE format('DROP TRIGGER IF EXISTS keep_owner ON %s', t.name);
            EXECUTE format('CREATE TRIGGER keep_owner BEFORE UPDATE OF owner_unit_id ON %s FOR EACH ROW
                WHEN (OLD.owner_unit_id IS DISTINCT FROM NEW.owner_unit_id) EXECUTE FUNCTION access.keep_owner()', t.name);
        END IF;
    END LOOP;
END $$;

-- What left in these contacts between two moments: to who oversees, else to the two services of each line.
CREATE OR REPLACE FUNCTION access.touched_by(grounds text[], since timestamptz, until timestamptz)
RETURNS TABLE (id uuid, unit uuid, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT d.id, d.to_unit_id, d.at FROM public.access_disclosure d
    WHERE d.ground = ANY (grounds) AND d.at >= since AND d.at < until
      AND (audit.oversees() OR d.from_unit_id = ANY (access.units()) OR d.to_unit_id = ANY (access.units())) $$;
GRANT EXECUTE ON FUNCTION access.touched_by(text[], timestamptz, timestamptz) TO recoupe_app;
