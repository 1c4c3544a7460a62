-- Totals of each asset. Sums are not bounded to 38 digits: many accounts together may hold more than one may. Both sums add
-- up to 0. The next columns are numbers of accounts.
create table asset_totals (
    asset text primary key,
    member_sum numeric not null,
    system_sum numeric not null,
    members_open bigint not null,
    members_frozen bigint not null,
    members_closed bigint not null,
    system_accounts bigint not null,
    held numeric not null, -- what is held in accounts of members
    open_holds bigint not null -- how many holds have something left
) with (fillfactor = 20);

-- Transfers counted by time: one row for each asset, kind and bucket in which something happened. Minutes and hours are
-- those of UTC. A day is one of the zone of the generation, and begins at its first moment there.
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

-- How many there are in the bank: items, open offers, standing orders that are active, and that are paused. What there is
-- none of has no row.
create table bank_counts (
    number bigint not null,
    what text primary key check (what in ('items', 'offers_open', 'orders_active', 'orders_paused'))
) with (fillfactor = 20);

-- What was refused, and kept as refused: one row for each code, kind and hour of UTC in which that happened.
create table refusals (
    bucket_start timestamptz not null,
    count bigint not null,
    code text not null,
    kind text not null, -- the kind of transfer, or 'command' for a command that is no transfer
    primary key (bucket_start, code, kind)
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

-- What the numbers need to remember of each hold and standing order that is not over; not shown to readers. Touched when one
-- begins, ends, is paused or resumed, never by a run or a part that is paid.
create table record_states (
    record_id uuid primary key, -- the hold or order
    asset text not null,
    counted_as text not null check (counted_as in ('open_holds', 'orders_active', 'orders_paused'))
) with (fillfactor = 90);
