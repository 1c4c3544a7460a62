create table vault.sessions (
    session_id uuid primary key,
    member_id uuid not null references vault.data_keys on delete cascade,
    expires_at timestamptz not null,
    ended_at timestamptz
);

create index sessions_member on vault.sessions (member_id);
create index sessions_expiry on vault.sessions (expires_at);

-- The refresh tokens of a session, used ones too: one that comes twice was copied. Only digests are kept.
create table vault.refresh_tokens (
    digest bytea primary key check (length(digest) = 32),
    session_id uuid not null references vault.sessions on delete cascade,
    used_at timestamptz
);

create index refresh_tokens_session on vault.refresh_tokens (session_id);
create unique index refresh_tokens_current on vault.refresh_tokens (session_id) where used_at is null;

-- Members and sessions whose access tokens count no more. Servers ask for what came after the last serial they saw: whoever
-- inserts holds an advisory lock until the commit, so that serials become visible in their order.
create table vault.revocations (
    serial bigint generated always as identity primary key,
    subject uuid not null unique,
    until timestamptz
);

comment on column vault.revocations.until is 'when every access token of the session has expired; null: for ever';

create index revocations_until on vault.revocations (until) where until is not null;
