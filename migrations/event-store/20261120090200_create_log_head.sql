-- The end of the log, in one row. An append takes its positions here under the row's lock, inside the one statement that
-- writes the events: so positions are gapless, and in commit order.
create table log_head (
    singleton boolean primary key default true check (singleton),
    log_id uuid not null default gen_random_uuid(),
    position bigint not null default 0 check (position >= 0),
    recorded_at timestamptz not null default clock_timestamp()
) with (
    -- The row is updated by every append. A nearly empty page keeps its versions together; vacuum early and often.
    fillfactor = 10, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0
);

comment on table log_head is 'the end of the log: one row, moved by every append, forward only';

insert into log_head default values;
