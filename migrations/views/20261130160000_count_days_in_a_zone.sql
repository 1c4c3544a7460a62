-- Views that count by day count the days of one time zone. It is written when a generation is made, and never changes: a table
-- never mixes the days of two zones. Generations of earlier builds count days in UTC, and so do programs that do not know of it.
alter table registry.generations add column zone text not null default 'UTC';
comment on column registry.generations.zone is 'The time zone whose days it counts, by its name in the IANA database; UTC where nothing depends on it.';

create function registry.refuse_another_zone() returns trigger language plpgsql as $$
begin
    raise exception 'generation % of view % counts days in %: it cannot go on in %',
        old.generation, old.view, old.zone, new.zone using errcode = 'restrict_violation';
end
$$;
create trigger zone_stays before update on registry.generations
    for each row when (new.zone <> old.zone) execute function registry.refuse_another_zone();

create or replace view registry.live_positions as
    select view, generation, version, log_id, position, recorded_at,
        case when other_history is not null then 'other-history' when stuck_since is null then 'live' else 'stuck' end as state,
        coalesce(other_history, error) as error,
        case when other_history is null then error_position end as error_position,
        case when other_history is null then error_type end as error_type,
        stuck_since, updated_at,
        (select v.paused_at from registry.views as v where v.view = g.view) as paused_at,
        (select count(*) from registry.parked_keys as k
         where (k.view, k.generation) = (g.view, g.generation)) as parked_keys,
        (select count(*) from registry.parked_events as e
         where (e.view, e.generation) = (g.view, g.generation)) as parked_events,
        command_id, other_history_since, zone
    from registry.generations as g
    where state = 'live';
