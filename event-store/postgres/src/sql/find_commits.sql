select first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role
from commits
where command_id = any($1::uuid[])
order by first_position
