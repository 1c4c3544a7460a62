-- One row for each process with the outside world. The list of all of them is newest started first, for one kind or state, too.
create table processes (
    started_position bigint not null, -- of the event that started it
    position bigint not null, -- of the last event of the newest commit that changed it
    code_version bigint, -- of the event that the code stands in: it opens there only
    started_at timestamptz not null,
    recorded_at timestamptz not null, -- of the commit at `position`
    ended_at timestamptz, -- null: it is not over
    process_id uuid primary key,
    owner uuid not null,
    account uuid not null, -- the account that is credited, or that pays
    hold uuid, -- what it pays from; null: a top-up
    amount numeric(38, 0) not null,
    kind text not null check (kind in ('top-up', 'bank-payout', 'gift-card')),
    state text not null check (state in ('running', 'waiting', 'compensating', 'done', 'compensated', 'stuck')),
    asset text not null,
    provider text, -- of a top-up
    product text, -- of a gift card
    code text, -- of a gift card, sealed as in the event
    check ((ended_at is not null) = (state in ('done', 'compensated'))),
    check ((code is null) = (code_version is null))
) with (fillfactor = 70);

create index processes_by_position on processes (started_position);
create index processes_by_kind on processes (kind, started_position);
create index processes_by_state on processes (state, started_position);

-- One row for each step that a process came to.
create table process_steps (
    begun_position bigint not null, -- of the first event of the step: steps are shown in this order
    at timestamptz not null, -- when it last changed
    process_id uuid not null,
    tries bigint not null,
    name text not null,
    state text not null check (state in ('running', 'waiting', 'done', 'refused', 'failed', 'stuck', 'skipped')),
    last_error_code text, -- why the last try that failed did
    primary key (process_id, name)
) with (fillfactor = 70);
