-- The commits of these commands. Where one has left the database, only the position at which it begins.
select command.first_position as "first_position!", command.command_id as "command_id!", commit.last_position as "last_position?",
    commit.recorded_at as "recorded_at?", commit.actor_id as "actor_id?", commit.correlation as "correlation?",
    commit.fingerprint as "fingerprint?", commit.actor_role as "actor_role?", commit.events as "events?"
from log_commands as command
left join lateral (
    select last_position, recorded_at, actor_id, correlation, fingerprint, actor_role, events::text as events
    from log_commits
    where first_position = command.first_position
    limit 1
) as commit on true
where command.command_id = any($1::uuid[])
order by command.first_position
