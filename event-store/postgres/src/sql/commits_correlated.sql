-- The last $2 commits under the correlation id $1, newest first. They are found first and sorted afterwards: in the order of positions
-- Postgres would go through all of the log for an id that it does not hold.
with found as materialized (
    select first_position from log_commits where correlation = $1::uuid
)
select commit.first_position, commit.last_position, commit.recorded_at, commit.command_id, commit.actor_id, commit.correlation,
    commit.fingerprint, commit.actor_role, commit.events::text as "events!"
from (select first_position from found order by first_position desc limit $2::int8) as newest
join log_commits as commit on commit.first_position = newest.first_position
order by commit.first_position desc
