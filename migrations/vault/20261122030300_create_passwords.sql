-- Passwords of sign-ups that are under way.
create table vault.pending_passwords (
    sign_up uuid primary key,
    member_id uuid not null,
    hash text not null,
    made_at timestamptz not null default clock_timestamp()
);

create index pending_passwords_member on vault.pending_passwords (member_id);
create index pending_passwords_age on vault.pending_passwords (made_at);

-- Passwords of members, found by the reservation of their login id: the login id itself is not here.
create table vault.credentials (
    member_id uuid primary key references vault.data_keys on delete cascade,
    login uuid not null unique,
    hash text not null
);
