-- The tables of the log in which a commit is one row (docs/decisions/0041): its events stand inside it, the ids of commands and the
-- state of streams stand beside it. They are empty until the log is converted, or, in an empty log, taken at once.
create table log_commits (
    first_position bigint not null,
    last_position bigint not null,
    recorded_at timestamptz not null,
    command_id uuid not null,
    actor_id uuid not null,
    correlation uuid not null,
    fingerprint bytea not null,
    actor_role "char" not null,
    is_followed boolean not null,
    events json not null,
    constraint log_commits_pkey primary key (first_position) with (fillfactor = 100),
    constraint log_commits_positions_check check (last_position >= first_position)
) partition by range (first_position);

comment on table log_commits is 'what one command wrote: append-only';
comment on column log_commits.recorded_at is 'the clock of the log: never goes back from one commit to the next';
comment on column log_commits.actor_role is 'm(ember), o(perator) or s(ervice)';
comment on column log_commits.is_followed is 'whether it holds an event of a type that processes follow';
comment on column log_commits.events is
    'one array for each event: stream, version, where the version before is, type, schema version, payload';

-- Where the version before is: a positive number is the first position of its commit; a negative one is the distance back to that
-- position, in the same append; 0: the same commit, or there is none.

-- Processes follow a small part of the log, in the order of positions.
create index log_commits_followed on log_commits (first_position) where is_followed;

-- As commits_by_correlation (docs/decisions/0036). A page holds about ten commits.
create index log_commits_by_correlation on log_commits using brin (correlation uuid_bloom_ops (n_distinct_per_range = 1600, false_positive_rate = 0.002))
    with (pages_per_range = 128, autosummarize = on);

create table log_commands (
    command_id uuid not null,
    first_position bigint not null,
    constraint log_commands_pkey primary key (command_id)
);

comment on table log_commands is 'the idempotency record, for ever: which commit a command wrote';

-- The optimistic lock: an append changes the row of each stream that it adds to, only if the row is as the writer expects.
-- A stream whose id is that of the command that opened it has no row until its second event: it is found by log_commands.
create table log_streams (
    stream_id uuid not null,
    version bigint not null,
    first_position bigint not null,
    newest_position bigint not null,
    state_version bigint,
    state_schema integer,
    owner uuid,
    kind text not null,
    state text,
    constraint log_streams_pkey primary key (stream_id),
    constraint log_streams_version_check check (version > 0)
) with (
    -- Free space in each page lets an update stay in it, without a new entry in the indexes. Vacuum early: rows are updated all the time.
    fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.2
);

comment on table log_streams is 'where each stream stands: the lock of the append, and the state of accounts';
comment on column log_streams.first_position is 'where the commit begins that opened it';
comment on column log_streams.newest_position is 'where the commit begins that holds its newest event';
comment on column log_streams.owner is 'of an account that was opened for a member';
comment on column log_streams.state is 'a cache of what the events up to state_version add up to: never the truth';

create index log_streams_owned on log_streams (owner, first_position) where owner is not null;

create trigger append_only before update or delete or truncate on log_commits
    for each statement execute function refuse_rewriting();

create trigger append_only before update or delete or truncate on log_commands
    for each statement execute function refuse_rewriting();

create trigger never_deleted before delete or truncate on log_streams
    for each statement execute function refuse_rewriting();

-- After the update: a trigger before it would lock each row first, which costs WAL.
create trigger forward_only after update on log_streams
    for each row
    when (
        new.version < old.version or new.newest_position < old.newest_position or new.stream_id <> old.stream_id
        or new.kind <> old.kind or new.first_position <> old.first_position or new.owner is distinct from old.owner
    )
    execute function refuse_rewriting();

-- The digests of all commits, chained.
alter table log_head add column digest bytea not null default '\x0000000000000000000000000000000000000000000000000000000000000000'
    constraint log_head_digest_check check (length(digest) = 32);

comment on column log_head.digest is
    'SHA-256 of the digest before, the digest of the last commit, its first position and its time; of no commit: zeros';

-- Chains the digests of commits, 32 bytes each, to the one before. `firsts` are their first positions, counted from `base`.
create function chain_digests(before bytea, digests bytea, firsts bigint[], base bigint, at timestamptz) returns bytea
    language plpgsql immutable as $$
declare
    chained bytea := before;
    recorded constant bytea := timestamptz_send(at);
begin
    for i in 1 .. cardinality(firsts) loop
        chained := sha256(chained || substr(digests, 32 * i - 31, 32) || int8send(base + firsts[i]) || recorded);
    end loop;
    return chained;
end $$;

-- Ends an append that did not find each stream as it expected it.
create function require_all_streams(changed bigint, expected bigint) returns boolean language plpgsql as $$
begin
    if changed <> expected then
        raise exception using
            errcode = 'serialization_failure',
            message = format('%s of %s streams are not as the append expects them', expected - changed, expected);
    end if;
    return true;
end $$;

-- Makes the partition of the next position and so many after it, where they are missing. Appends go on meanwhile: attaching takes no
-- lock that they need. Gives the position at which the last one ends.
create function add_commit_partitions(ahead integer) returns bigint
    language plpgsql security definer set search_path from current as $$
declare
    size constant bigint := 20000000;
    current_number constant bigint := (select (position + 1) / size from log_head);
    partition text;
begin
    perform pg_advisory_xact_lock(hashtext('add_commit_partitions'));
    for number in current_number .. current_number + ahead loop
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
    return (current_number + ahead + 1) * size;
end $$;

revoke all on function add_commit_partitions(integer) from public;

-- Here a probe writes, and takes it back: no commit has such a position.
create table log_commits_probe partition of log_commits for values from (minvalue) to (0);

create trigger append_only before update or delete or truncate on log_commits_probe
    for each statement execute function refuse_rewriting();

do $$
begin
    perform add_commit_partitions(2);
end $$;

grant execute on function add_commit_partitions(integer) to jangbu_writer;
grant update (digest) on log_head to jangbu_writer;
-- The right to write comes when the tables are taken over: until then the log is written in the tables of before.
grant select on log_commits, log_commands, log_streams to jangbu_writer;
grant select on log_commits to jangbu_relay, jangbu_projector, jangbu_auditor;
grant select on log_commands to jangbu_relay, jangbu_projector, jangbu_reader, jangbu_auditor;
grant select on log_streams to jangbu_auditor;
-- Without the events, as before.
grant select (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role, is_followed)
    on log_commits to jangbu_reader;
