-- One row for each transfer, posted or rejected.
create table transfers (
    position bigint not null,
    recorded_at timestamptz not null,
    source_version bigint,
    destination_version bigint,
    transfer_id uuid primary key,
    source uuid,
    destination uuid,
    reverses uuid,
    reversed_by uuid,
    amount numeric(38, 0) not null,
    source_balance_after numeric(38, 0),
    destination_balance_after numeric(38, 0),
    available numeric(38, 0),
    kind text not null,
    status text not null check (status in ('posted', 'rejected')),
    asset text not null,
    code text,
    memo text,
    reference text
) with (fillfactor = 95);
