-- Letters of the public. The public site's role has four functions and the public keys; nobody else has anything yet. A deposit
-- leaves no entry in the journal and no time in the row: what was written, burnt and asked for cannot be set beside other traces.
CALL access.shield('tips_letter');
CALL access.shield('tips_answer');
CALL access.shield('tips_spentproof');
CALL access.shield('tips_publickey');
-- Not even by a function of ours: a letter is what came, or is no more.
REVOKE UPDATE, TRUNCATE ON tips_letter, tips_answer, tips_spentproof FROM recoupe_definer;
GRANT SELECT ON tips_publickey TO recoupe_portal;
DROP POLICY IF EXISTS published ON tips_publickey;
CREATE POLICY published ON tips_publickey FOR SELECT TO recoupe_portal USING (true);

CREATE OR REPLACE FUNCTION tips.today() RETURNS date LANGUAGE sql STABLE SET search_path = pg_catalog AS
$$ SELECT (now() AT TIME ZONE 'Europe/Paris')::date $$;

CREATE OR REPLACE FUNCTION tips.refuse(why text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN RAISE EXCEPTION '%', why USING ERRCODE = 'invalid_parameter_value'; END $$;

GRANT EXECUTE ON FUNCTION tips.today(), tips.refuse(text) TO recoupe_definer;

-- Whether a proof of work serves for the first time; from now on it has served.
CREATE OR REPLACE FUNCTION tips.spend(in_proof bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF octet_length(in_proof) IS DISTINCT FROM 32 THEN PERFORM tips.refuse('the hash of a proof has 32 bytes'); END IF;
    INSERT INTO public.tips_spentproof (proof, day) VALUES (in_proof, tips.today()) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END $$;

-- Whether the letter is kept. False: its proof of work has served. Sent again because no answer came, it is kept once and costs nothing.
CREATE OR REPLACE FUNCTION tips.deposit(in_letter bytea, in_proof bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    in_area text;
    in_digest bytea := sha256(in_letter);
BEGIN
    IF in_letter IS NULL OR octet_length(in_letter) <> ALL (ARRAY[4096, 16384, 65536, 262144, 1048576, 4194304, 10485760])
       OR get_byte(in_letter, 0) <> 1 THEN
        PERFORM tips.refuse('no letter of version 1');
    END IF;
    SELECT d.code INTO in_area FROM public.reference_department d
     WHERE convert_to(rpad(d.code, 3), 'UTF8') = substring(in_letter FROM 34 FOR 3);
    IF in_area IS NULL THEN PERFORM tips.refuse('no department of the reference'); END IF;
    IF EXISTS (SELECT 1 FROM public.tips_letter l WHERE l.digest = in_digest) THEN RETURN true; END IF;
    IF NOT tips.spend(in_proof) THEN RETURN false; END IF;
    INSERT INTO public.tips_letter (id, day, place, area, digest, letter)
    VALUES (gen_random_uuid(), tips.today(), substring(in_letter FROM 2 FOR 32), in_area, in_digest, in_letter)
    ON CONFLICT (digest) DO NOTHING;
    RETURN true;
END $$;

-- How many letters of a thread are kept, and its last three answers: by what hashes to its place.
CREATE OR REPLACE FUNCTION tips.fetch(in_key bytea) RETURNS TABLE (letters bigint, answers bytea[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT (SELECT count(*) FROM public.tips_letter l WHERE l.place = sha256(in_key)),
          ARRAY(SELECT a.sealed FROM public.tips_answer a WHERE a.place = sha256(in_key) ORDER BY a.day DESC, a.id LIMIT 3) $$;

-- Whether there was anything; nothing of the thread is left.
CREATE OR REPLACE FUNCTION tips.burn(in_key bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE burnt boolean;
BEGIN
    DELETE FROM public.tips_answer a WHERE a.place = sha256(in_key);
    burnt := FOUND;
    DELETE FROM public.tips_letter l WHERE l.place = sha256(in_key);
    RETURN burnt OR FOUND;
END $$;
GRANT EXECUTE ON FUNCTION tips.deposit(bytea, bytea), tips.fetch(bytea), tips.burn(bytea), tips.spend(bytea) TO recoupe_portal;

-- The letters that are over their term (retention.public_report), the oldest first.
CREATE OR REPLACE FUNCTION tips.over_term(n integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT l.id FROM public.tips_letter l
    WHERE l.day <= tips.today() - make_interval(years => access.parameter('retention.public_report'))
    ORDER BY l.day, l.id LIMIT n $$;

-- They go, with the answers of threads of which no letter is left; the entry of the journal is written before.
CREATE OR REPLACE FUNCTION tips.erase(ids uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE went bytea[];
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.access_context c WHERE c.pid = pg_backend_pid()
                    AND c.xid = pg_current_xact_id_if_assigned() AND c.journaled) THEN
        RAISE EXCEPTION 'erasing letters without journal entry' USING ERRCODE = 'insufficient_privilege';
    END IF;
    WITH gone AS (DELETE FROM public.tips_letter l WHERE l.id = ANY (ids)
         AND l.day <= tips.today() - make_interval(years => access.parameter('retention.public_report')) RETURNING l.place)
    SELECT coalesce(array_agg(g.place), '{}') INTO went FROM gone g;
    DELETE FROM public.tips_answer a WHERE a.place = ANY (went)
       AND NOT EXISTS (SELECT 1 FROM public.tips_letter l WHERE l.place = a.place);
    RETURN cardinality(went);
END $$;

-- A proof is believed for less than a day (the public site dates its puzzles): older ones need not be known.
CREATE OR REPLACE FUNCTION tips.forget_proofs() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ DELETE FROM public.tips_spentproof p WHERE p.day < tips.today() - 1 $$;
GRANT EXECUTE ON FUNCTION tips.over_term(integer), tips.erase(uuid[]), tips.forget_proofs() TO recoupe_worker;
