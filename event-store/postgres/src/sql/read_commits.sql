-- Whole commits after $1 with at most $2 events, but always the first. Positions are gapless, so the number of events
-- up to a commit is a difference of positions.
select first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role,
    events::text as "events!"
from log_commits
where first_position > $1::int8
    and first_position <= $1::int8 + greatest($2::int8, 1)
    and (last_position <= $1::int8 + $2::int8 or first_position = $1::int8 + 1)
order by first_position
