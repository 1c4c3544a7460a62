-- The end of the log, with its last commit, and whether it stands in the tables of an earlier build, which has a table of events. The newest commit is looked up alone and compared afterwards: with the comparison
-- inside, Postgres may read all of the table for it.
select head.log_id, head.position, head.recorded_at, greatest(head.recorded_at, clock_timestamp()) as "now!", last.command_id as "command_id?", last.recorded_at as "committed_at?",
    coalesce((select relkind = 'r' from pg_class where oid = to_regclass('events')), false) as "is_before!"
from log_head as head
left join lateral (
    select last_position, command_id, recorded_at from log_commits
    where first_position <= head.position
    order by first_position desc limit 1
) as last on last.last_position = head.position
