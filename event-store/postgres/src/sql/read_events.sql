-- The events of a run of positions.
select position, version, stream_id, schema_version, type as event_type, payload::text as "payload!"
from events
where position > $1::int8 and position <= $2::int8
order by position
