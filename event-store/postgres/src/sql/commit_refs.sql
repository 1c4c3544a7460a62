-- For each asked position the commit that ends there, if one does.
select asked.ordinal as "ordinal!", commit.last_position as "last_position!", commit.command_id as "command_id!",
    commit.recorded_at as "recorded_at!"
from unnest($1::int8[]) with ordinality as asked (position, ordinal)
cross join lateral (
    select last_position, command_id, recorded_at
    from log_commits
    where first_position <= asked.position
    order by first_position desc
    limit 1
) as commit
where commit.last_position = asked.position
