-- One row for each payout run. The list of who opened it, and of everybody, is newest opened first.
create table payout_runs (
    opened_position bigint not null, -- of the event that opened it
    position bigint not null, -- of the last event of the newest commit that changed it
    rows bigint not null, -- how many rows were added
    posted bigint not null, -- how many of them were paid
    refused bigint not null, -- how many of them were refused
    done_before bigint not null, -- how many were paid or refused when it was started or resumed last
    recorded_at timestamptz not null, -- of the commit at `position`
    paying_since timestamptz, -- when it was started or resumed last; null: never
    run_id uuid primary key,
    source uuid not null,
    opened_by uuid not null, -- the service or operator
    total numeric(38, 0) not null, -- what all rows come to
    paid numeric(38, 0) not null, -- what the posted ones come to
    status text not null check (status in ('open', 'running', 'paused', 'finished', 'cancelled')),
    asset text not null,
    name text not null,
    reference text not null,
    check (posted + refused <= rows)
) with (fillfactor = 70);

create index payout_runs_by_opener on payout_runs (opened_by, opened_position);
create index payout_runs_by_position on payout_runs (opened_position);

-- One row for each chunk of rows: which run it is of. Rows never change.
create table payout_chunks (
    position bigint not null, -- of the event on the stream of the run
    last_row bigint not null, -- the number of its last row
    chunk bigint not null, -- its number; the first of a run is 1
    run_id uuid not null,
    chunk_id uuid not null, -- the stream that its rows stand on
    primary key (run_id, last_row)
);

-- One row for each row of a chunk, as it was added. Rows never change.
create table payout_rows (
    row_number bigint not null,
    chunk_id uuid not null,
    account_id uuid, -- where it pays to, if that was said by id
    amount numeric(38, 0) not null,
    account_number text, -- where it pays to, if that was said by number
    memo text,
    primary key (chunk_id, row_number),
    check ((account_id is null) <> (account_number is null))
);

-- One row for each row that was paid or refused. Rows never change.
create table payout_results (
    position bigint not null, -- of the event on the stream of the run
    row_number bigint not null,
    run_id uuid not null,
    transfer_id uuid not null, -- posted or rejected
    code text, -- why it was refused; null: it was posted
    primary key (run_id, row_number)
);
