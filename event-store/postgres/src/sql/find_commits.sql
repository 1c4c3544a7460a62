select commit.first_position as "first_position!", commit.last_position as "last_position!", commit.recorded_at as "recorded_at!",
    commit.command_id as "command_id!", commit.actor_id as "actor_id!", commit.correlation as "correlation!",
    commit.fingerprint as "fingerprint!", commit.actor_role as "actor_role!", commit.events as "events!"
from log_commands as command
cross join lateral (
    select first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role,
        events::text as events
    from log_commits
    where first_position = command.first_position
    limit 1
) as commit
where command.command_id = any($1::uuid[])
order by commit.first_position
