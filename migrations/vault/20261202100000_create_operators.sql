-- Operators who log in. The log says who they are and what they may do; here is what it must not say: passwords, used codes, sessions.

-- One row for each operator who changed a password, gave a code, or whose sessions ended. The first password and the secret of one-time codes
-- are derived, and kept nowhere.
create table vault.operator_credentials (
    operator_id uuid primary key,
    number bigint not null default 0,
    version bigint not null default 0,
    last_step bigint,
    hash text,
    subject text
);

comment on column vault.operator_credentials.number is 'of the credentials that last_step, hash and subject belong to: those with a lower one count no more';
comment on column vault.operator_credentials.version is 'of the operator''s stream: no session is opened on an older one';
comment on column vault.operator_credentials.last_step is 'of the last one-time code that was used: a code counts once';
comment on column vault.operator_credentials.hash is 'of the password; null: the first one counts';
comment on column vault.operator_credentials.subject is 'who the operator is at the provider of identities; bound at the first log-in by it';

-- One row for each session of an operator.
create table vault.operator_sessions (
    session_id uuid primary key,
    operator_id uuid not null,
    version bigint not null,
    began_at timestamptz not null,
    used_at timestamptz not null,
    ends_at timestamptz not null,
    ended_at timestamptz,
    digest bytea not null unique check (length(digest) = 32),
    name text not null,
    role text not null,
    began_address text not null,
    began_agent text not null,
    used_address text not null,
    used_agent text not null
);

comment on column vault.operator_sessions.version is 'of the operator''s stream when the session was opened: a later event may end it';
comment on column vault.operator_sessions.used_at is 'when it was last refreshed';
comment on column vault.operator_sessions.ends_at is 'in any case';
comment on column vault.operator_sessions.digest is 'of the refresh token, which does not change';

create index operator_sessions_of_operator on vault.operator_sessions (operator_id, began_at);
create index operator_sessions_ends on vault.operator_sessions (ends_at);

grant select, insert, update on vault.operator_credentials to jangbu_vault;
grant select, insert, update, delete on vault.operator_sessions to jangbu_vault;
