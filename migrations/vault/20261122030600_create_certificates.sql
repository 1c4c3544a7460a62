-- That a member was erased, when, and at whose wish. Nothing personal.
create table vault.certificates (
    erasure_id uuid primary key,
    member_id uuid not null unique,
    requested_by text not null,
    requested_at timestamptz not null,
    erased_at timestamptz not null,
    destroyed json not null
);

comment on table vault.certificates is 'append-only: no role may change one';
