-- The end of the log, with its last commit.
select head.log_id, head.position, head.recorded_at, last.command_id as "command_id?", last.recorded_at as "committed_at?"
from log_head as head
left join lateral (
    select command_id, recorded_at from commits where last_position = head.position and first_position <= head.position
    order by first_position desc limit 1
) as last on true
