-- Who moved the most: one row for each account and day on which it paid or was paid. The key is the only index: a ranking
-- reads one day of one asset, and a row that changes often changes no indexed column.
create table movers (
    day date not null,
    account_id uuid not null,
    transfers bigint not null check (transfers > 0),
    volume numeric not null,
    asset text not null,
    primary key (asset, day, account_id)
) with (fillfactor = 70);
