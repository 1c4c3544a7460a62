-- Where streams stand. One without a row is found by the command that opened it, if that is its id.
select asked.stream_id as "stream_id!", coalesce(stream.newest_position, command.first_position) as "newest!",
    stream.stream_id is not null as "has_row!"
from unnest($1::uuid[]) as asked (stream_id)
left join log_streams as stream on stream.stream_id = asked.stream_id
left join log_commands as command on stream.stream_id is null and command.command_id = asked.stream_id
where stream.stream_id is not null or command.command_id is not null
