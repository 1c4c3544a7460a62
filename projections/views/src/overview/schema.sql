-- Totals of each asset. Sums are not bounded to 38 digits: many accounts together may hold more than one may. Both sums add
-- up to 0. The other columns are numbers of accounts.
create table asset_totals (
    asset text primary key,
    member_sum numeric not null,
    system_sum numeric not null,
    members_open bigint not null,
    members_frozen bigint not null,
    members_closed bigint not null,
    system_accounts bigint not null
) with (fillfactor = 20);

-- Transfers counted by time: one row for each asset, kind and bucket (in UTC) in which something happened.
create table activity (
    bucket_start timestamptz not null,
    posted_count bigint not null,
    rejected_count bigint not null,
    posted_volume numeric not null, -- may exceed 38 digits
    bucket text not null check (bucket in ('minute', 'hour', 'day')),
    asset text not null,
    kind text not null,
    primary key (bucket, bucket_start, asset, kind)
) with (fillfactor = 50);

-- What the totals need to remember of each account; not shown to readers. Touched when an account is opened, frozen,
-- unfrozen or closed, never by a posting.
create table account_states (
    account_id uuid primary key,
    asset text not null,
    status text not null,
    system boolean not null
) with (fillfactor = 90);

create index account_states_system on account_states (account_id) where system;
