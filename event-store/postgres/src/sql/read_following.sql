-- The commit that holds position $1, without its events, then whole commits after it with at most $2 events, but always the first: what
-- read_commits.sql reads, and the id that the log had when it held just these.
(
    select first_position as "first_position!", last_position as "last_position!", recorded_at as "recorded_at!",
        command_id as "command_id!", actor_id as "actor_id!", correlation as "correlation!",
        fingerprint as "fingerprint!", actor_role as "actor_role!", ''::text as "events!",
        (select log_id from log_head) as "log_id!"
    from log_commits
    where first_position <= $1::int8
    order by first_position desc
    limit 1
)
union all
(
    select first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role, events::text,
        (select log_id from log_head)
    from log_commits
    where first_position > $1::int8
        and first_position <= $1::int8 + greatest($2::int8, 1)
        and (last_position <= $1::int8 + $2::int8 or first_position = $1::int8 + 1)
    order by first_position
)
order by 1
