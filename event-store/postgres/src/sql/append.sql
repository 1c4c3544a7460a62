-- One statement, one round trip, one fsync for many commits. The row lock on log_head is taken first and held until this
-- statement's own commit, so positions are gapless and in commit order. A writer that names the log and the last commit it
-- knows ($14 to $17) writes nothing into a log that has another id or does not hold that commit. A writer that leads names its epoch
-- ($18), and writes nothing once another leads. Nobody writes while an alarm of the auditor stops the log.
with head as (
    update log_head
    set position = position + $1::int8, recorded_at = greatest(recorded_at, clock_timestamp())
    where stopped_by is null and ($18::int8 is null or epoch = $18::int8) and ($14::uuid is null or (log_id = $14::uuid and exists (
        select from commits
        where command_id = $15::uuid and last_position = $16::int8 and recorded_at = $17::timestamptz
    )))
    returning log_id, position - $1::int8 as base, recorded_at
),
new_commits as (
    insert into commits
        (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role)
    select head.base + c.first, head.base + c.last, head.recorded_at, c.command_id, c.actor_id, c.correlation,
        c.fingerprint, c.actor_role
    from head, unnest($2::int8[], $3::int8[], $4::uuid[], $5::uuid[], $6::uuid[], $7::bytea[], $8::"char"[])
        as c (first, last, command_id, actor_id, correlation, fingerprint, actor_role)
),
new_events as (
    insert into events (position, version, stream_id, schema_version, type, payload)
    select head.base + e.ordinal, e.version, e.stream_id, e.schema_version, e.type, e.payload::json
    from head, unnest($9::int8[], $10::uuid[], $11::int2[], $12::text[], $13::text[])
        with ordinality as e (version, stream_id, schema_version, type, payload, ordinal)
)
select log_id as "log_id!", base + 1 as "first!", recorded_at as "recorded_at!",
    pg_notify('log_appended', (base + $1::int8)::text)::text as notified
from head
