-- Where a password reset came from: the messages that it causes are charged to it. A row is made for every login id, whether
-- or not a member has it. Addresses stand here as keyed hashes only, and never in the log.
create table vault.password_resets (
    reset uuid primary key,
    origin uuid,
    made_at timestamptz not null default clock_timestamp()
);

comment on column vault.password_resets.origin is 'a keyed hash of the address it came from; null if that is not known';

create index password_resets_age on vault.password_resets (made_at);

grant select, insert, delete on vault.password_resets to jangbu_vault;

-- The networks from which a member logged in: from there a right password always passes, however many wrong ones strangers
-- try. Networks stand here as keyed hashes; they go with the member's data key, or when they were not used for long.
create table vault.known_networks (
    member_id uuid not null references vault.data_keys on delete cascade,
    network uuid not null,
    seen_at timestamptz not null default clock_timestamp(),
    primary key (member_id, network)
);

comment on column vault.known_networks.network is 'a keyed hash of login id and network';

create index known_networks_age on vault.known_networks (seen_at);

grant select, insert, update, delete on vault.known_networks to jangbu_vault;
