-- Who moved the most: one row for each account, asset and day (of the zone in the registry) on which it paid or was paid by another member. The key is the only index: a ranking
-- reads one day of one asset, and a row that changes often changes no indexed column.
create table movers (
    day date not null,
    account_id uuid not null,
    transfers bigint not null check (transfers > 0), -- in how many it took part
    volume numeric not null, -- may exceed 38 digits
    asset text not null,
    primary key (asset, day, account_id)
) with (fillfactor = 70);
