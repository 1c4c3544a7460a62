-- One row for each standing order. The list of an owner, and of everybody, is newest placed first.
create table standing_orders (
    placed_position bigint not null, -- of the event that placed it
    position bigint not null, -- of the last event of the newest commit that changed it
    runs bigint not null, -- how many runs were carried out, posted or refused
    recorded_at timestamptz not null, -- of the commit at `position`
    next_at timestamptz, -- when the next run is due; null: it is paused, or over
    order_id uuid primary key,
    owner uuid not null,
    source uuid not null,
    destination uuid not null,
    amount numeric(38, 0) not null, -- what each run pays
    catch_up boolean not null, -- whether runs that an outage made late are carried out
    status text not null check (status in ('active', 'paused', 'finished', 'stopped', 'cancelled')),
    if_refused text not null check (if_refused in ('skip', 'stop')), -- what a refused run does to it
    asset text not null,
    memo text,
    schedule text not null, -- when runs are due: JSON, as the event has it
    check ((next_at is not null) = (status = 'active'))
) with (fillfactor = 70);

create index standing_orders_by_owner on standing_orders (owner, placed_position);
create index standing_orders_by_position on standing_orders (placed_position);
create index standing_orders_pending on standing_orders (owner, next_at) where status = 'active';

-- One row for each run that was carried out; rows never change. No two runs of an order are due at one time.
create table standing_order_runs (
    position bigint not null, -- of the event
    recorded_at timestamptz not null,
    due_at timestamptz not null,
    order_id uuid not null,
    transfer_id uuid not null, -- posted or rejected
    code text, -- why it was refused; null: it was posted
    primary key (order_id, due_at)
);
