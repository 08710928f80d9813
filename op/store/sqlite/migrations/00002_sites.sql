-- +goose Up
-- Browsers at guarded sites, and the codes by which they come there.

CREATE TABLE "site_codes" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "site_codes_expires_at" ON "site_codes" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "site_codes_grant_id" ON "site_codes" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "site_codes_session_id" ON "site_codes" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "site_codes_subject" ON "site_codes" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "site_codes_client_id" ON "site_codes" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "site_sessions" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "site_sessions_expires_at" ON "site_sessions" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "site_sessions_grant_id" ON "site_sessions" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "site_sessions_session_id" ON "site_sessions" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "site_sessions_subject" ON "site_sessions" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "site_sessions_client_id" ON "site_sessions" (client_id, "key") WHERE client_id IS NOT NULL;
