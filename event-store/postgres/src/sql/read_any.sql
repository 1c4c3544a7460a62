-- The first $3 commits from the one with position $1 on, up to those that begin at $2.
select first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role,
    events::text as "events!"
from log_commits
where first_position >= coalesce(
        (select first_position from log_commits where first_position <= $1::int8 order by first_position desc limit 1), 0
    )
    and first_position <= $2::int8
order by first_position
limit $3::int8
