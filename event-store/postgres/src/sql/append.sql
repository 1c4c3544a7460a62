-- One statement, one round trip, one fsync for many commits. The row of log_head is locked first, until this statement's own commit, so
-- positions are gapless and in commit order, and the time is known before the digest that holds it. Nothing is written if an
-- alarm stops the log, if another server leads ($2), if the log is not the one with the commit that the writer knows ($3 to $6), or if
-- the time is not in the range that the commits rest on ($36 to $37).
-- Each stream is changed only if it is as the writer expects it; if one is not, the statement fails and nothing is written.
with locked as (
    select log_id, position as base, greatest(recorded_at, clock_timestamp()) as recorded_at, digest
    from log_head
    where stopped_by is null and ($2::int8 is null or epoch = $2::int8) and ($3::uuid is null or (log_id = $3::uuid and exists (
        select from (
            select command_id, last_position, recorded_at from log_commits
            where first_position <= $5::int8
            order by first_position desc
            limit 1
        ) as known
        where command_id = $4::uuid and last_position = $5::int8 and recorded_at = $6::timestamptz
    )))
    for update
),
head as (
    update log_head
    set position = locked.base + $1::int8, recorded_at = locked.recorded_at,
        digest = chain_digests(locked.digest, $16::bytea, $7::int8[], locked.base, locked.recorded_at)
    from locked
    where ($36::timestamptz is null or locked.recorded_at >= $36) and ($37::timestamptz is null or locked.recorded_at < $37)
    returning locked.log_id, locked.base, locked.recorded_at
),
new_commits as (
    insert into log_commits
        (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role, is_followed, events)
    select head.base + c.first, head.base + c.last, head.recorded_at, c.command_id, c.actor_id, c.correlation, c.fingerprint,
        c.actor_role, c.is_followed, c.events::json
    from head, unnest($7::int8[], $8::int8[], $9::uuid[], $10::uuid[], $11::uuid[], $12::bytea[], $13::"char"[], $14::bool[], $15::text[])
        as c (first, last, command_id, actor_id, correlation, fingerprint, actor_role, is_followed, events)
),
new_commands as (
    insert into log_commands (command_id, first_position)
    select c.command_id, head.base + c.first
    from head, unnest($9::uuid[], $7::int8[]) as c (command_id, first)
),
continued as (
    update log_streams as stream
    set version = c.after, newest_position = head.base + c.newest,
        state_version = coalesce(c.state_version, stream.state_version),
        state_schema = coalesce(c.state_schema, stream.state_schema), state = coalesce(c.state, stream.state)
    from head, unnest($17::uuid[], $18::int8[], $19::int8[], $20::text[], $21::int8[], $22::int8[], $23::int8[], $24::int4[], $25::text[])
        as c (stream_id, before, after, kind, newest_before, newest, state_version, state_schema, state)
    where stream.stream_id = c.stream_id and stream.version = c.before and stream.kind = c.kind
        and stream.newest_position = c.newest_before
    returning 1
),
-- Those that are opened, and those that had no row so far: the command that opened them is where the writer says ($30).
made as (
    insert into log_streams
        (stream_id, version, first_position, newest_position, state_version, state_schema, owner, kind, state)
    select m.stream_id, m.version, coalesce(m.opened_at, head.base + m.opened), head.base + m.newest, m.state_version, m.state_schema,
        m.owner, m.kind, m.state
    from head, unnest($26::uuid[], $27::int8[], $28::text[], $29::int8[], $30::int8[], $31::int8[], $32::uuid[], $33::int8[], $34::int4[], $35::text[])
        as m (stream_id, version, kind, opened, opened_at, newest, owner, state_version, state_schema, state)
    where (select command.first_position from log_commands as command where command.command_id = m.stream_id)
        is not distinct from m.opened_at
    returning 1
)
select log_id as "log_id!", base + 1 as "first!", recorded_at as "recorded_at!",
    require_all_streams(
        (select count(*) from continued) + (select count(*) from made), cardinality($17::uuid[]) + cardinality($26::uuid[])
    ) as "all!",
    pg_notify('log_appended', (base + $1::int8)::text)::text as notified
from head
