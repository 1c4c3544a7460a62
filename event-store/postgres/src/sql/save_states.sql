-- States of streams, by themselves. One of the same version is replaced only by one of another state schema; a newer one never by
-- an older. None is ahead of its stream.
update log_streams as stream
set state_version = new.version, state_schema = new.state_schema, state = new.state
from unnest($1::uuid[], $2::int8[], $3::int4[], $4::text[]) as new (stream_id, version, state_schema, state)
where stream.stream_id = new.stream_id
    and new.version <= stream.version
    and (
        stream.state_version is null
        or new.version > stream.state_version
        or (new.version = stream.state_version and new.state_schema <> stream.state_schema)
    )
