-- Every checkpoint names the commit it stands on: command_id, with position and recorded_at. Two logs that hold the same
-- commit at the same position are equal up to there; a log that does not hold it is another history.
alter table registry.generations
    add column command_id uuid,
    add column other_history text,
    add column other_history_since timestamptz,
    add constraint other_history_has_a_time check ((other_history is null) = (other_history_since is null));
comment on column registry.generations.command_id is 'Which command wrote the commit that ends at position; null until a projector of this build has opened the generation.';
comment on column registry.generations.other_history is 'Why its tables are not of the log that is followed: they show what that log does not hold.';

alter table registry.ranges add column command_id uuid;
comment on column registry.ranges.command_id is 'Which command wrote the last commit of the range; known when it is done.';

-- A generation may follow its log to a new id through registry.follow_log, never to another position or another commit.
drop trigger never_backwards on registry.generations;
create trigger never_backwards before update on registry.generations
    for each row when (
        new.position < old.position
        or (old.log_id is not null and new.log_id is distinct from old.log_id and (
            current_setting('registry.follow_log', true) is distinct from 'on'
            or new.log_id is null or new.position <> old.position or new.command_id is distinct from old.command_id
            or (old.position > 0 and old.command_id is null)
        ))
    )
    execute function registry.refuse_backwards();

-- Binds a generation to a log that holds the commit it stands on; whether it still was at that position.
create function registry.follow_log(of_view text, of_generation integer, at_position bigint, new_log_id uuid)
    returns boolean language plpgsql as $$
declare
    done boolean;
begin
    perform set_config('registry.follow_log', 'on', true);
    update registry.generations set log_id = new_log_id, other_history = null, other_history_since = null
    where view = of_view and generation = of_generation and position = at_position;
    done := found;
    perform set_config('registry.follow_log', 'off', true);
    return done;
end
$$;

create function registry.audit_log_id() returns trigger language plpgsql as $$
begin
    insert into registry.audit (who, what, view, generation, reason, details)
    values (session_user, 'follow adopted log', new.view, new.generation,
        'the log goes on under a new id and holds the commit of this checkpoint',
        jsonb_build_object('from', old.log_id, 'to', new.log_id, 'position', new.position));
    return null;
end
$$;
create trigger log_id_is_audited after update of log_id on registry.generations
    for each row when (old.log_id is not null and new.log_id is distinct from old.log_id)
    execute function registry.audit_log_id();

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
        command_id, other_history_since
    from registry.generations as g
    where state = 'live';
