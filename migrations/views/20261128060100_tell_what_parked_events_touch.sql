-- A parked event is not in the tables although the position is beyond it. Readers must know which rows that concerns.

alter table registry.parked_events
    add column touches text[],
    add column recorded_at timestamptz;
comment on column registry.parked_events.touches is 'All keys of the event: what it would have changed, or what waits for it. Null in a row of an earlier build, which did not tell.';
comment on column registry.parked_events.recorded_at is 'When its commit was recorded, by the log''s clock.';

create index parked_events_by_touched on registry.parked_events using gin (touches);

-- What the live generations lack: every parked key, with the events that wait behind it. Read it in the same statement as
-- the data. Where an earlier build did not tell what an event touches, it is its key alone, except in the view
-- `transactions`: only there an event has a second key, the transfer.
create view registry.missing as
    select g.view, k.key, e.position, coalesce(e.recorded_at, k.parked_at) as since,
        coalesce(e.touches, '{}') || k.key as touches,
        e.position is not null and e.touches is null and g.view = 'transactions' as anything
    from registry.generations as g
    join registry.parked_keys as k on k.view = g.view and k.generation = g.generation
    left join registry.parked_events as e on e.view = k.view and e.generation = k.generation and e.key = k.key
    where g.state = 'live';
comment on view registry.missing is 'Position is null for a key behind which nothing waits yet; anything: it is not known which rows are concerned.';

grant select on registry.missing to jangbu_reader, jangbu_projector;
