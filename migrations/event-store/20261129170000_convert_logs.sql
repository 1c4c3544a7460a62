-- A log of the format before is copied into the tables of commit rows while servers write, and taken over at once
-- (`jangbu log convert`, docs/decisions/0041).
create table log_conversion (
    singleton boolean primary key default true check (singleton),
    log_id uuid not null,
    began_at timestamptz not null default clock_timestamp(),
    position bigint not null default 0,
    digest bytea not null default '\x0000000000000000000000000000000000000000000000000000000000000000'
        check (length(digest) = 32),
    proven_position bigint not null default 0,
    proven_digest bytea not null default '\x0000000000000000000000000000000000000000000000000000000000000000'
        check (length(proven_digest) = 32),
    taken_over_at timestamptz,
    check (position >= 0 and proven_position between 0 and position)
);

comment on table log_conversion is 'how far the copy of a log of the format before is; no row: none was begun';
comment on column log_conversion.position is 'up to where commits are copied';
comment on column log_conversion.digest is 'the digests of the copied commits, chained, as log_head has them';
comment on column log_conversion.proven_position is 'up to where the copy was read back and found equal';

-- add_commit_partitions makes those from the end of the log on; a log that is converted needs those before.
create function add_earlier_commit_partitions() returns void
    language plpgsql set search_path from current as $$
declare
    size constant bigint := 20000000;
    partition text;
begin
    perform pg_advisory_xact_lock(hashtext('add_commit_partitions'));
    for number in 0 .. (select (position + 1) / size from log_head) loop
        partition := 'log_commits_' || to_char(number, 'FM00000');
        if to_regclass(partition) is null then
            execute format('create table %I (like log_commits including all)', partition);
            execute format(
                'create trigger append_only before update or delete or truncate on %I for each statement execute function refuse_rewriting()',
                partition
            );
            execute format(
                'alter table log_commits attach partition %I for values from (%s) to (%s)',
                partition, number * size, (number + 1) * size
            );
        end if;
    end loop;
end $$;

-- Views with the names and columns of the tables of before read those of today: people and tools go on. A log that is converted gets them,
-- and one that is empty.
create function make_views_of_commit_rows() returns void language plpgsql set search_path from current as $$
begin
    create view commits as
        select first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role
        from log_commits;
    comment on view commits is 'what one command wrote, as before: the rows are those of log_commits';

    create view events as
        select
            c.first_position + e.ordinal - 1 as position, (e.event ->> 1)::bigint as version, (e.event ->> 0)::uuid as stream_id,
            (e.event ->> 4)::smallint as schema_version, e.event ->> 3 as type, e.event -> 5 as payload
        from log_commits as c
        cross join lateral json_array_elements(c.events) with ordinality as e (event, ordinal);
    comment on view events is 'the events, as before. A condition on position reads all commits: ask log_commits for a range';

    grant insert on log_commits, log_commands to jangbu_writer;
    grant insert, update on log_streams to jangbu_writer;
    grant select on commits to jangbu_writer, jangbu_relay, jangbu_projector, jangbu_reader, jangbu_auditor;
    grant select on events to jangbu_writer, jangbu_relay, jangbu_projector, jangbu_auditor;
end $$;

-- The tables of before become `..._before`. The caller has locked the log and copied all of it.
create function take_over() returns void language plpgsql set search_path from current as $$
begin
    alter table events rename to events_before;
    alter table commits rename to commits_before;
    alter table snapshots rename to snapshots_before;
    revoke all on events_before, commits_before, snapshots_before from jangbu_writer, jangbu_relay, jangbu_projector, jangbu_reader,
        jangbu_auditor;
    perform make_views_of_commit_rows();
end $$;

-- Throws the copy away, which is the way back until the log is taken over.
create function discard_copy() returns void language plpgsql set search_path from current as $$
declare
    partition regclass;
begin
    if (select relkind from pg_class where oid = 'events'::regclass) <> 'r' then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = 'the log stands in the tables of commit rows: they are no copy';
    end if;
    for partition in
        select inhrelid::regclass from pg_inherits where inhparent = 'log_commits'::regclass and inhrelid <> 'log_commits_probe'::regclass
    loop
        execute format('drop table %s', partition);
    end loop;
    alter table log_commands disable trigger append_only;
    alter table log_streams disable trigger never_deleted;
    truncate log_commands, log_streams, log_conversion;
    alter table log_commands enable trigger append_only;
    alter table log_streams enable trigger never_deleted;
    perform add_commit_partitions(2);
end $$;

revoke all on function add_earlier_commit_partitions() from public;
revoke all on function make_views_of_commit_rows() from public;
revoke all on function take_over() from public;
revoke all on function discard_copy() from public;
