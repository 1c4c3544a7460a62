-- The events of several runs of positions.
select e.position as "position!", e.version as "version!", e.stream_id as "stream_id!",
    e.schema_version as "schema_version!", e.event_type as "event_type!", e.payload as "payload!"
from unnest($1::int8[], $2::int8[]) with ordinality as run (first, last, ordinal)
join lateral (
    select position, version, stream_id, schema_version, type as event_type, payload::text as payload
    from events
    where position between run.first and run.last
    order by position
) as e on true
order by run.ordinal, e.position
