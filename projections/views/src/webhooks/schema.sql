-- One row for each webhook that was not deleted. The list of an owner, and of everybody, is newest first.
create table webhooks (
    created_position bigint not null, -- of the event that created it
    position bigint not null, -- of the last event of the newest commit that changed what stands here
    created_at timestamptz not null,
    recorded_at timestamptz not null, -- of the commit at `position`
    webhook_id uuid primary key,
    owner uuid not null, -- the principal whose it is
    enabled boolean not null, -- what its owner wants: the sender may have stopped all the same
    owner_role text not null,
    url text not null,
    events text not null, -- the types that are sent, with a space between two; or *
    description text
) with (fillfactor = 70);

create index webhooks_by_owner on webhooks (owner, created_position);
create index webhooks_by_position on webhooks (created_position);
