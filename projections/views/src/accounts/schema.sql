-- One row for each account. Only owner and number are indexed: a posting changes no indexed column, so it is a HOT update
-- within the page's free space and touches no index.
create table accounts (
    version bigint not null,
    position bigint not null, -- of the last change
    opened_at timestamptz not null,
    account_id uuid primary key,
    owner uuid, -- null: system
    balance numeric(38, 0) not null,
    kind text not null check (kind in ('member', 'system')),
    asset text not null,
    status text not null check (status in ('open', 'frozen', 'closed')),
    account_number text unique, -- null: system
    name text, -- system only: cash/<server>
    held numeric(38, 0) not null, -- what of the balance is held for holds: it cannot be spent otherwise
    -- What its freeze stops: all, or debits. A word of SQL, so its name is quoted.
    "freeze" text check ("freeze" in ('all', 'debits')),
    check (("freeze" is not null) = (status = 'frozen'))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create index accounts_by_owner on accounts (owner, account_id) where owner is not null;
