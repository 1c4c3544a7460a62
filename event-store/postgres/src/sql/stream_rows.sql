-- The end of the log, where these streams ($1) stand, and up to $3 rows from the id $2 on, all of one snapshot: a row says what the
-- commits up to log_head.position say. A stream without a row is found by the command that has its id.
select head.log_id as "log_id!", head.position as "position!", head.digest as "digest!", row.asked as "asked?", row.stream_id as "stream_id?",
    row.kind as "kind?", row.version as "version?", row.first_position as "first_position?", row.newest_position as "newest_position?",
    row.owner as "owner?", row.state_version as "state_version?", row.state_schema as "state_schema?", row.state as "state?",
    row.command as "command?"
from log_head as head
left join lateral (
    (
        select true as asked, asked.stream_id, stream.kind, stream.version, stream.first_position, stream.newest_position, stream.owner,
            stream.state_version, stream.state_schema, stream.state, command.first_position as command
        from unnest($1::uuid[]) as asked (stream_id)
        left join log_streams as stream on stream.stream_id = asked.stream_id
        left join log_commands as command on stream.stream_id is null and command.command_id = asked.stream_id
    )
    union all
    (
        select false, stream_id, kind, version, first_position, newest_position, owner, state_version, state_schema, state, null::int8
        from log_streams
        where stream_id >= $2::uuid
        order by stream_id
        limit $3::int8
    )
) as row on true
