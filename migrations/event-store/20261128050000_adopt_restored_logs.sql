-- A log that was restored from a backup is another history from the end of the backup on: its next commits take positions
-- that other commits had. It can be given a new id, so that nobody takes the one for the other. Who did it, why, and where
-- the two histories part stays written down here.
create table log_adoptions (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    who text not null check (who <> ''),
    reason text not null check (reason <> ''),
    old_log_id uuid not null unique,
    new_log_id uuid not null unique,
    position bigint not null check (position >= 0),
    command_id uuid,
    recorded_at timestamptz,
    check (old_log_id <> new_log_id),
    check ((position = 0) = (command_id is null) and (command_id is null) = (recorded_at is null))
);

comment on table log_adoptions is 'when a restored log was given a new id, by whom and why: append-only';
comment on column log_adoptions.position is 'the end of the log at that moment; later commits of the old id are not of this log';
comment on column log_adoptions.command_id is 'the commit that ends there, with recorded_at; null in an empty log';

create trigger append_only before update or delete or truncate on log_adoptions
    for each statement execute function refuse_rewriting();

-- The id of a log that holds something changes only to what an adoption has written down.
create function guard_log_id() returns trigger language plpgsql as $$
begin
    if new.position <> old.position or not exists (
        select from log_adoptions as a
        where a.old_log_id = old.log_id and a.new_log_id = new.log_id and a.position = old.position
    ) then
        raise exception using
            errcode = 'restrict_violation',
            message = 'the id of a log that holds events is changed by `jangbu log adopt` alone';
    end if;
    return new;
end $$;

drop trigger forward_only on log_head;

create trigger forward_only before update on log_head
    for each row
    when (new.position < old.position or (old.position > 0 and new.recorded_at < old.recorded_at))
    execute function refuse_rewriting();

create trigger adopted_only before update on log_head
    for each row
    when (old.position > 0 and new.log_id <> old.log_id)
    execute function guard_log_id();

-- The one way to give a log that holds events a new id. Appends wait for the row of the head meanwhile.
create function adopt_log(adopted_by text, adopted_because text) returns log_adoptions
    language plpgsql security definer set search_path from current as $$
declare
    head log_head;
    last commits;
    written log_adoptions;
begin
    select * into strict head from log_head for update;
    select * into last from commits order by first_position desc limit 1;
    if coalesce(last.last_position, 0) <> head.position then
        raise exception using
            errcode = 'data_corrupted',
            message = format('the head of the log is at %s, but its last commit ends at %s', head.position,
                coalesce(last.last_position, 0)),
            hint = 'prove the log with `jangbu log verify --no-views`, and restore a sound backup';
    end if;
    insert into log_adoptions (who, reason, old_log_id, new_log_id, position, command_id, recorded_at)
    values (adopted_by, adopted_because, head.log_id, gen_random_uuid(), head.position, last.command_id, last.recorded_at)
    returning * into written;
    update log_head set log_id = written.new_log_id;
    perform pg_notify('log_appended', head.position::text);
    return written;
end $$;

revoke all on function adopt_log(text, text) from public;
revoke all on function guard_log_id() from public;
grant select on log_adoptions to jangbu_writer, jangbu_relay, jangbu_projector, jangbu_reader;
