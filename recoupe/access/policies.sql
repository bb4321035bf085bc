-- Agents and what they may do. Sessions and credentials are reached through the functions of functions.sql alone.
CALL access.shield('access_agent');
CALL access.shield('access_habilitation');
CALL access.shield('access_rolecapacity');
CALL access.shield('access_credential');
CALL access.shield('access_session');
CALL access.shield('access_signinfailure');
CALL access.shield('access_mandate');
CALL access.shield('access_feed');
CALL access.shield('access_disclosure');
CALL access.shield('access_cellservice');

-- What each role's reader keys stand for; recoupe.access.enums names the same roles and capacities (tested).
DELETE FROM access_rolecapacity;
INSERT INTO access_rolecapacity (role, scope, capacity) VALUES
    ('investigator', 'unit', 'unit'), ('investigator', 'self', 'agent'), ('investigator', 'cells', 'territory'),
    ('unit_head', 'unit', 'unit'), ('unit_head', 'self', 'agent'), ('unit_head', 'cells', 'territory'),
    ('unit_head', 'unit', 'head'), ('unit_head', 'unit', 'duty'),
    ('duty_officer', 'unit', 'duty'), ('duty_officer', 'self', 'agent'),
    ('cross_analyst', 'cell', 'cell'), ('cross_analyst', 'cell', 'duty'), ('cross_analyst', 'cell', 'territory'), ('cross_analyst', 'self', 'agent'),
    ('cross_head', 'cell', 'cell'), ('cross_head', 'cell', 'duty'), ('cross_head', 'cell', 'territory'), ('cross_head', 'self', 'agent'),
    ('cross_head', 'cell', 'cell_head'), ('cross_head', 'cell', 'head'),
    ('cross_analyst', 'joined', 'cell'), ('cross_head', 'joined', 'cell'),
    ('ofast_analyst', 'unit', 'office'), ('ofast_analyst', 'unit', 'duty'), ('ofast_analyst', 'self', 'agent'),
    ('prosecutor', 'unit', 'prosecutor'), ('prosecutor', 'self', 'agent'),
    ('examining_judge', 'unit', 'judge'), ('examining_judge', 'self', 'agent'),
    ('dpo', 'self', 'agent'), ('sysadmin', 'self', 'agent'), ('designating_authority', 'self', 'agent');

-- An agent is seen by his own unit and by whoever designates; nobody else learns who works where.
-- Nothing is written without a declared purpose, without which nobody holds a key.
GRANT SELECT, INSERT, UPDATE ON access_agent, access_habilitation TO recoupe_app;
DROP POLICY IF EXISTS own_unit ON access_agent;
CREATE POLICY own_unit ON access_agent FOR SELECT TO recoupe_app
    USING (unit_id = ANY ((SELECT access.units())::uuid[]) OR (SELECT access.has_role('designating_authority')) OR (SELECT access.has_role('dpo')));
DROP POLICY IF EXISTS designated ON access_agent;
CREATE POLICY designated ON access_agent FOR INSERT TO recoupe_app WITH CHECK ((SELECT access.has_role('designating_authority')) AND (SELECT access.keys()) <> '{}'::bigint[]);
DROP POLICY IF EXISTS designated_update ON access_agent;
CREATE POLICY designated_update ON access_agent FOR UPDATE TO recoupe_app
    USING ((SELECT access.has_role('designating_authority')) AND (SELECT access.keys()) <> '{}'::bigint[]) WITH CHECK ((SELECT access.has_role('designating_authority')) AND (SELECT access.keys()) <> '{}'::bigint[]);
DROP POLICY IF EXISTS own_unit ON access_habilitation;
CREATE POLICY own_unit ON access_habilitation FOR SELECT TO recoupe_app
    USING (agent_id = (SELECT access.agent()) OR (SELECT access.has_role('designating_authority')));
DROP POLICY IF EXISTS designated ON access_habilitation;
CREATE POLICY designated ON access_habilitation FOR INSERT TO recoupe_app WITH CHECK ((SELECT access.has_role('designating_authority')) AND (SELECT access.keys()) <> '{}'::bigint[]);
DROP POLICY IF EXISTS designated_update ON access_habilitation;
CREATE POLICY designated_update ON access_habilitation FOR UPDATE TO recoupe_app
    USING ((SELECT access.has_role('designating_authority')) AND (SELECT access.keys()) <> '{}'::bigint[]) WITH CHECK ((SELECT access.has_role('designating_authority')) AND (SELECT access.keys()) <> '{}'::bigint[]);
-- Nobody designates himself, whatever the application asks.
DROP POLICY IF EXISTS not_oneself ON access_habilitation;
CREATE POLICY not_oneself ON access_habilitation AS RESTRICTIVE FOR INSERT TO recoupe_app
    WITH CHECK (agent_id <> (SELECT access.agent()));
DROP POLICY IF EXISTS not_oneself_update ON access_habilitation;
CREATE POLICY not_oneself_update ON access_habilitation AS RESTRICTIVE FOR UPDATE TO recoupe_app
    USING (agent_id <> (SELECT access.agent())) WITH CHECK (agent_id <> (SELECT access.agent()));
DROP POLICY IF EXISTS not_oneself_update ON access_agent;
CREATE POLICY not_oneself_update ON access_agent AS RESTRICTIVE FOR UPDATE TO recoupe_app
    USING (id <> (SELECT access.agent())) WITH CHECK (id <> (SELECT access.agent()));
SELECT access.journal_setup('access_agent');
SELECT access.journal_setup('access_habilitation');
SELECT access.journal_setup('access_credential');

-- Since when an agent is where he is: what he may do in his own name, and what he left behind, is reckoned from there.
CREATE OR REPLACE FUNCTION access.place() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' OR (NEW.unit_id, NEW.active) IS DISTINCT FROM (OLD.unit_id, OLD.active) THEN
        NEW.placed_at := clock_timestamp();
    ELSE
        NEW.placed_at := OLD.placed_at;
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS place ON access_agent;
CREATE TRIGGER place BEFORE INSERT OR UPDATE ON access_agent FOR EACH ROW EXECUTE FUNCTION access.place();

-- Background mandates: an agent signs for himself, for a day (the hour is for clocks that differ).
GRANT SELECT, INSERT ON access_mandate TO recoupe_app;
DROP POLICY IF EXISTS own ON access_mandate;
CREATE POLICY own ON access_mandate TO recoupe_app
    USING (agent_id = (SELECT access.agent()))
    WITH CHECK (agent_id = (SELECT access.agent()) AND (SELECT access.keys()) <> '{}'::bigint[] AND revoked_at IS NULL
        AND expires_at <= now() + interval '25 hours' AND granted_at <= clock_timestamp() + interval '1 minute');
CALL access.demand_journal('access_mandate');

-- The list table: the matcher lists its hits, each room's own function the rest, from the readers of its rows; nobody
-- reads it but through access.feed(). An application that could list would also hide what others read.
GRANT INSERT ON access_feed TO recoupe_matcher;
DROP POLICY IF EXISTS publish ON access_feed;
CREATE POLICY publish ON access_feed FOR INSERT TO recoupe_matcher WITH CHECK (true);

-- The register of disclosures (S-9): both ends read their lines; the function that discloses enters them (guards.sql).
GRANT SELECT ON access_disclosure TO recoupe_app, recoupe_worker;
DROP POLICY IF EXISTS both_ends ON access_disclosure;
CREATE POLICY both_ends ON access_disclosure FOR SELECT TO recoupe_app, recoupe_worker
    USING (from_unit_id = ANY ((SELECT access.units())::uuid[]) OR to_unit_id = ANY ((SELECT access.units())::uuid[]));
CALL access.demand_journal('access_disclosure');

-- Which services are of which cells: the authority that joins them reads it, without the keys; functions alone write it.
GRANT SELECT (id, cell_id, service_id, valid_from, valid_to, decided_by, decided_at, reason, ended_by, ended_at, end_reason,
    spread_at, cleared_at, at_table, at_row, rows_seen, rows_in_all) ON access_cellservice TO recoupe_app;
DROP POLICY IF EXISTS authority ON access_cellservice;
CREATE POLICY authority ON access_cellservice FOR SELECT TO recoupe_app
    USING ((SELECT access.has_role('designating_authority')) OR (SELECT access.has_role('dpo')));
CALL access.demand_journal('access_cellservice');
