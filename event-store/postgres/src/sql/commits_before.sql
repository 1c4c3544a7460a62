-- The last $2 commits that begin before $1, newest first.
select first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role,
    events::text as "events!"
from log_commits
where first_position > 0 and first_position < $1::int8
order by first_position desc
limit $2::int8
