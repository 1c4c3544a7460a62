-- One row for each transfer, posted or rejected. A posted one of two legs has them in the columns of source and
-- destination; one of more has null there, and its legs in `postings`, in order: account_id, asset, amount (signed),
-- balance_after, version.
create table transfers (
    -- Of the last event of its posting or rejection: a later reversal does not move it.
    position bigint not null,
    recorded_at timestamptz not null,
    source_version bigint,
    destination_version bigint,
    transfer_id uuid primary key,
    source uuid,
    destination uuid,
    reverses uuid, -- the transfer that this one undoes
    reversed_by uuid, -- the transfer that undid this one
    amount numeric(38, 0),
    source_balance_after numeric(38, 0),
    destination_balance_after numeric(38, 0),
    available numeric(38, 0), -- rejected only
    kind text not null,
    status text not null check (status in ('posted', 'rejected')),
    asset text,
    code text, -- why it was rejected
    memo text,
    reference text,
    postings jsonb,
    asked_by uuid check (asked_by is null or status = 'rejected'), -- rejected only: the member who asked for it
    service uuid check (service is null or reference is not null), -- the service that gave the reference, or opened the payout run
    hold_id uuid check (hold_id is null or kind = 'capture'), -- captures only: the hold whose funds it pays
    despite_freeze boolean not null, -- whether it moved money of a frozen account, which only a reversal does
    item_id uuid check (item_id is null or kind = 'trade'), -- trades only: the item that changed hands for it
    offer_id uuid, -- trades only: the offer that was accepted
    order_id uuid, -- the standing order that asked for it, if it was posted
    check ((item_id is null) = (offer_id is null)),
    check (status = 'posted' or (asset is not null and amount is not null and postings is null)),
    check ((postings is null) = (asset is not null)),
    check ((asset is null) = (amount is null))
) with (fillfactor = 95);

-- Only what has a reference is here, so a transfer between members costs nothing. The newest of a reference come first.
create index transfers_by_reference on transfers (reference, position) where reference is not null;
