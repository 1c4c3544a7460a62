-- For each asked position ($1) the command whose commit holds it, if it is in the database.
select asked.position as "position!", commit.command_id as "command_id!"
from unnest($1::int8[]) as asked (position)
cross join lateral (
    select last_position, command_id from log_commits
    where first_position > 0 and first_position <= asked.position
    order by first_position desc
    limit 1
) as commit
where commit.last_position >= asked.position
