-- One row for each limit that is set. The bank has a hundred at most.
create table limits (
    first_position bigint not null, -- of the event that set it first, or first after it was deleted
    position bigint not null, -- of the event that set it as it is now
    recorded_at timestamptz not null, -- of that event
    day_count bigint, -- how many payments a day at most
    month_count bigint, -- how many payments a month at most
    per_transfer numeric(38, 0), -- the most that one payment may be
    day_amount numeric(38, 0), -- the most in a day
    month_amount numeric(38, 0), -- the most in a month
    everyone boolean not null, -- whether it counts for every member's account, or only for those that it is assigned to
    name text primary key,
    asset text not null,
    kinds text not null, -- what it counts, in the order of the event, with a space between two
    zone text not null -- whose days and months
);

-- One row for each limit that an account has assigned, beside those for everyone. A limit that was deleted stays assigned.
create table limit_assignments (
    position bigint not null, -- of the event that assigned it
    account_id uuid not null,
    name text not null,
    primary key (account_id, name)
);

-- One row for each account, limit and window: what is used in the newest window that was counted in, which may be over. It stays
-- when the limit is deleted, and counts on if the limit is set again.
create table limit_uses (
    position bigint not null, -- of the account's event
    count bigint not null, -- how many payments
    until timestamptz not null, -- the window is over from then on
    account_id uuid not null,
    amount numeric(38, 0) not null,
    name text not null,
    per text not null check (per in ('day', 'month')),
    primary key (account_id, name, per)
) with (fillfactor = 70);
