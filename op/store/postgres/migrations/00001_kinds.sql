-- +goose Up
-- One table a kind, all of one shape, as in SQLite. expires_at is milliseconds since 1970; NULL never expires, and a column
-- that says what the record hangs from is NULL when it hangs from nothing. Keys are in byte order. An index on what a record
-- hangs from ends in key, the order of a listing.

-- What hangs from a grant is found by the grant alone: it is written most, and each index more is one more page to write.

-- Records that are written anew in place leave room on their page for it, so that no index has to be touched (a heap-only
-- update); those that are only created and deleted fill it. Tables are vacuumed when a fiftieth is dead: the sweeper leaves
-- many dead rows, and a fifth of a large table is too many.

-- +goose StatementBegin
DO $$
DECLARE
    kind text;
    filled int;
    hangs text;
    columns text[];
BEGIN
    FOREACH kind IN ARRAY ARRAY[
        'grants', 'codes', 'refresh_tokens', 'refresh_successors', 'access_tokens', 'denied_tokens', 'sessions',
        'session_clients', 'consents', 'accounts', 'clients', 'keys', 'secrets', 'answered', 'used_once',
        'pushed_requests', 'throttles', 'logout_deliveries', 'device_codes', 'site_codes', 'site_sessions'
    ] LOOP
        filled := CASE
            WHEN kind = 'throttles' THEN 50
            WHEN kind IN ('refresh_successors', 'access_tokens', 'denied_tokens', 'session_clients', 'secrets', 'answered', 'used_once',
                'logout_deliveries', 'site_codes') THEN 100
            ELSE 80
        END;
        columns := CASE
            WHEN kind IN ('codes', 'refresh_tokens', 'refresh_successors', 'access_tokens', 'denied_tokens') THEN ARRAY['grant_id']
            ELSE ARRAY['grant_id', 'session_id', 'subject', 'client_id']
        END;
        EXECUTE format('CREATE TABLE %I (
            "key" text COLLATE "C" PRIMARY KEY,
            version bigint NOT NULL,
            expires_at bigint,
            grant_id text COLLATE "C",
            session_id text COLLATE "C",
            subject text COLLATE "C",
            client_id text COLLATE "C",
            body json NOT NULL
        ) WITH (fillfactor = %s, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05)', kind, filled);
        EXECUTE format('CREATE INDEX %I ON %I (expires_at) WHERE expires_at IS NOT NULL', kind || '_expires_at', kind);
        FOREACH hangs IN ARRAY columns LOOP
            EXECUTE format('CREATE INDEX %I ON %I (%I, "key") WHERE %I IS NOT NULL', kind || '_' || hangs, kind, hangs, hangs);
        END LOOP;
    END LOOP;
END
$$;
-- +goose StatementEnd

-- The oldest schema whose program can work on this one. A step that takes away what an older program needs raises it.
CREATE TABLE oldest_schema (number bigint NOT NULL);
INSERT INTO oldest_schema VALUES (1);
