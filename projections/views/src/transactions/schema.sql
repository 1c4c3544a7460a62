-- One row for each change of a balance. The primary key is the only index: it answers the newest page, the page after a
-- cursor (`position < cursor order by position desc`) and the balance at a position, each by one descent, whatever the
-- account's length.
create table entries (
    position bigint not null,
    version bigint not null,
    recorded_at timestamptz not null,
    account_id uuid not null,
    transfer_id uuid not null,
    counterparty uuid, -- the other account; null where the legs are no payments one after the other
    amount numeric(38, 0) not null, -- signed
    balance_after numeric(38, 0) not null,
    kind text not null, -- transfer, deposit, withdrawal, reversal, compound, capture, exchange, charge or trade
    memo text,
    reference text,
    reverses uuid,
    primary key (account_id, position)
);

-- Which position a time stands for: the last position at or before a time is that of the last tick at or before it.
-- Without such a tick the position is 0. The log's clock never goes back, so a time range over entries becomes a position range and needs no index there.
create table ticks (
    recorded_at timestamptz primary key,
    position bigint not null
) with (fillfactor = 90);
