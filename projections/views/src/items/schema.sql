-- One row for each item.
create table items (
    owned_position bigint not null, -- of the event with which it came to its owner
    position bigint not null, -- of the last event of the newest commit that changed it
    recorded_at timestamptz not null, -- of that commit
    item_id uuid primary key,
    owner uuid not null,
    offer_id uuid, -- the open offer of it; null: it is free
    collection text not null,
    serial text not null,
    metadata_url text,
    digest text
) with (fillfactor = 80);

create index items_by_owner on items (owner, owned_position);

-- One row for each time that an item came to an owner; rows never change.
create table item_owners (
    position bigint not null, -- of the event with which it came to this owner
    since timestamptz not null, -- when that was
    item_id uuid not null,
    owner uuid not null,
    how text not null check (how in ('minted', 'transferred', 'traded')),
    primary key (item_id, position)
);

-- One row for each offer of an item. The open ones are listed, newest opened first, those of a collection or all of them.
create table offers (
    opened_position bigint not null, -- of the event that opened it
    position bigint not null, -- of the last event of the newest commit that changed it
    recorded_at timestamptz not null, -- of that commit
    expires_at timestamptz not null, -- it cannot be accepted from then on
    offer_id uuid primary key,
    item_id uuid not null,
    seller uuid not null,
    destination uuid not null, -- the seller's account that the price is paid to
    buyer uuid, -- accepted only
    transfer_id uuid, -- accepted only: the transfer that paid
    amount numeric(38, 0) not null, -- the price
    status text not null check (status in ('open', 'accepted', 'cancelled', 'expired')),
    asset text not null,
    collection text not null,
    check ((buyer is not null) = (status = 'accepted')),
    check ((transfer_id is not null) = (status = 'accepted'))
) with (fillfactor = 80);

create index offers_open on offers (opened_position) where status = 'open';
create index offers_open_of_collection on offers (collection, opened_position) where status = 'open';
