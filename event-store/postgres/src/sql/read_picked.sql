-- One event, with what is known of its commit.
select event.position as "position!", event.version as "version!", event.stream_id as "stream_id!",
    event.schema_version as "schema_version!", event.type as "event_type!", event.payload::text as "payload!",
    commit.recorded_at as "recorded_at!", commit.actor_id as "actor_id!", commit.actor_role as "actor_role!"
from events as event
cross join lateral (
    select recorded_at, actor_id, actor_role
    from commits
    where first_position <= event.position
    order by first_position desc
    limit 1
) as commit
where event.stream_id = $1 and event.version = $2
