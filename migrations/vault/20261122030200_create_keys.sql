create schema vault;

comment on schema vault is 'whatever must be forgotten one day: nothing of it is in the log';

-- A member's data key, wrapped by a key-encryption key that is never in this database. Deleting the row erases the
-- member from every event, view, archive and backup. Whoever changes several rows of a member locks this one first.
create table vault.data_keys (
    member_id uuid primary key,
    kek text not null,
    wrapped text not null,
    settled boolean not null default false,
    made_at timestamptz not null default clock_timestamp()
);

comment on column vault.data_keys.kek is 'which key-encryption key wrapped it';
comment on column vault.data_keys.settled is 'false while its owner is only signing up';

create index data_keys_provisional on vault.data_keys (made_at) where not settled;

-- The secret behind keyed hashes and codes, made by the first server that opens the vault. Without it no login and no
-- contact of an older event can be found again, so there is never another one.
create table vault.secret (
    singleton boolean primary key default true check (singleton),
    kek text not null,
    wrapped text not null
);
