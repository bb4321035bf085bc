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
