-- One row for each hold. What remains of it is amount - captured - released. An account's holds are found by either of its sides and by
-- status, newest placed first: a page reads one run of the index for each status, so it costs the same however many holds are over.
-- A hold changes its status once, so the indexes seldom change with it.
create table holds (
    placed_position bigint not null, -- of the event that placed it
    position bigint not null, -- of the last event of the newest commit that changed it
    recorded_at timestamptz not null, -- of that commit
    expires_at timestamptz not null, -- nothing is paid from it from then on
    hold_id uuid primary key,
    source uuid not null, -- whose funds
    destination uuid, -- the only account they can be paid to; null: each capture says where
    placed_by uuid not null, -- the member, service or operator who placed it
    amount numeric(38, 0) not null, -- in all, with every increase
    captured numeric(38, 0) not null, -- paid
    released numeric(38, 0) not null, -- given back
    status text not null check (status in ('active', 'captured', 'released', 'expired')), -- active while something remains, then what ended it
    asset text not null,
    memo text,
    reference text
) with (fillfactor = 80);

create index holds_by_source on holds (source, status, placed_position);
create index holds_by_destination on holds (destination, status, placed_position) where destination is not null;
