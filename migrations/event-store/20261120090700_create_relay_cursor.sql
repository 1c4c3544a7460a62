-- How far the relay has published. The epoch is the fence: a relay that takes over raises it, and what an older one still
-- writes finds no row. The row is made by the first relay.
create table relay_cursor (
    singleton boolean primary key default true check (singleton),
    epoch bigint not null,
    position bigint not null,
    holder text not null,
    renewed_at timestamptz not null
) with (fillfactor = 50);

comment on table relay_cursor is 'how far the relay has published; the tail of the stream is the truth when it starts';
