-- +goose Up
-- One table a kind, all of one shape. expires_at is milliseconds since 1970; NULL never expires, and a column that says
-- what the record hangs from is NULL when it hangs from nothing. Such an index ends in key, the order of a listing. What
-- hangs from a grant is found by the grant alone: it is written most, and each index more is one more page to write.

CREATE TABLE "grants" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "grants_expires_at" ON "grants" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "grants_grant_id" ON "grants" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "grants_session_id" ON "grants" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "grants_subject" ON "grants" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "grants_client_id" ON "grants" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "codes" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "codes_expires_at" ON "codes" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "codes_grant_id" ON "codes" (grant_id, "key") WHERE grant_id IS NOT NULL;

CREATE TABLE "refresh_tokens" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "refresh_tokens_expires_at" ON "refresh_tokens" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "refresh_tokens_grant_id" ON "refresh_tokens" (grant_id, "key") WHERE grant_id IS NOT NULL;

CREATE TABLE "refresh_successors" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "refresh_successors_expires_at" ON "refresh_successors" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "refresh_successors_grant_id" ON "refresh_successors" (grant_id, "key") WHERE grant_id IS NOT NULL;

CREATE TABLE "access_tokens" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "access_tokens_expires_at" ON "access_tokens" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "access_tokens_grant_id" ON "access_tokens" (grant_id, "key") WHERE grant_id IS NOT NULL;

CREATE TABLE "denied_tokens" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "denied_tokens_expires_at" ON "denied_tokens" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "denied_tokens_grant_id" ON "denied_tokens" (grant_id, "key") WHERE grant_id IS NOT NULL;

CREATE TABLE "sessions" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "sessions_expires_at" ON "sessions" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "sessions_grant_id" ON "sessions" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "sessions_session_id" ON "sessions" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "sessions_subject" ON "sessions" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "sessions_client_id" ON "sessions" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "session_clients" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "session_clients_expires_at" ON "session_clients" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "session_clients_grant_id" ON "session_clients" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "session_clients_session_id" ON "session_clients" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "session_clients_subject" ON "session_clients" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "session_clients_client_id" ON "session_clients" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "consents" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "consents_expires_at" ON "consents" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "consents_grant_id" ON "consents" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "consents_session_id" ON "consents" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "consents_subject" ON "consents" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "consents_client_id" ON "consents" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "accounts" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "accounts_expires_at" ON "accounts" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "accounts_grant_id" ON "accounts" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "accounts_session_id" ON "accounts" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "accounts_subject" ON "accounts" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "accounts_client_id" ON "accounts" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "clients" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "clients_expires_at" ON "clients" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "clients_grant_id" ON "clients" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "clients_session_id" ON "clients" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "clients_subject" ON "clients" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "clients_client_id" ON "clients" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "keys" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "keys_expires_at" ON "keys" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "keys_grant_id" ON "keys" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "keys_session_id" ON "keys" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "keys_subject" ON "keys" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "keys_client_id" ON "keys" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "secrets" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "secrets_expires_at" ON "secrets" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "secrets_grant_id" ON "secrets" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "secrets_session_id" ON "secrets" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "secrets_subject" ON "secrets" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "secrets_client_id" ON "secrets" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "answered" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "answered_expires_at" ON "answered" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "answered_grant_id" ON "answered" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "answered_session_id" ON "answered" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "answered_subject" ON "answered" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "answered_client_id" ON "answered" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "used_once" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "used_once_expires_at" ON "used_once" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "used_once_grant_id" ON "used_once" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "used_once_session_id" ON "used_once" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "used_once_subject" ON "used_once" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "used_once_client_id" ON "used_once" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "pushed_requests" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "pushed_requests_expires_at" ON "pushed_requests" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "pushed_requests_grant_id" ON "pushed_requests" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "pushed_requests_session_id" ON "pushed_requests" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "pushed_requests_subject" ON "pushed_requests" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "pushed_requests_client_id" ON "pushed_requests" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "throttles" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "throttles_expires_at" ON "throttles" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "throttles_grant_id" ON "throttles" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "throttles_session_id" ON "throttles" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "throttles_subject" ON "throttles" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "throttles_client_id" ON "throttles" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "logout_deliveries" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "logout_deliveries_expires_at" ON "logout_deliveries" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "logout_deliveries_grant_id" ON "logout_deliveries" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "logout_deliveries_session_id" ON "logout_deliveries" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "logout_deliveries_subject" ON "logout_deliveries" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "logout_deliveries_client_id" ON "logout_deliveries" (client_id, "key") WHERE client_id IS NOT NULL;

CREATE TABLE "device_codes" (
    "key" TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    session_id TEXT,
    subject TEXT,
    client_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX "device_codes_expires_at" ON "device_codes" (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX "device_codes_grant_id" ON "device_codes" (grant_id, "key") WHERE grant_id IS NOT NULL;
CREATE INDEX "device_codes_session_id" ON "device_codes" (session_id, "key") WHERE session_id IS NOT NULL;
CREATE INDEX "device_codes_subject" ON "device_codes" (subject, "key") WHERE subject IS NOT NULL;
CREATE INDEX "device_codes_client_id" ON "device_codes" (client_id, "key") WHERE client_id IS NOT NULL;
