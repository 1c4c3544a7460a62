-- One row for each partner.
create table partners (
    created_position bigint not null, -- of the event that created it
    created_at timestamptz not null,
    requests_per_second bigint, -- how often it may ask; null: the usual number
    burst bigint, -- how often at once; null: the usual number
    partner_id uuid primary key,
    name text not null,
    limits text not null -- the limits that count for its accounts, by name, with a space between two
);

create index partners_by_creation on partners (created_position);

-- One row for each key that was issued to a partner.
create table partner_keys (
    issued_position bigint not null, -- of the event that issued it
    issued_at timestamptz not null,
    expires_at timestamptz, -- it is good for nothing from then on
    revoked_at timestamptz,
    key_id uuid primary key,
    partner_id uuid not null,
    scopes text not null -- what it allows, in the order of the event, with a space between two
);

create index partner_keys_of_partner on partner_keys (partner_id, issued_position);
