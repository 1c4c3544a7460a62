-- For each asked stream its snapshot of the asked state schema, if one is wanted and there, and the events after it.
-- A null state schema asks for no snapshot; the state travels with the first row of its stream only.
select asked.ordinal as "ordinal!",
    snapshot.version as "snapshot_version?",
    case when tail.version is null or tail.version = snapshot.version + 1 then snapshot.state::text end as "state?",
    tail.position as "position?", tail.version as "version?", tail.type as "type?",
    tail.schema_version as "schema_version?", tail.payload as "payload?"
from unnest($1::uuid[], $2::int8[], $3::int4[]) with ordinality as asked (stream_id, after, state_schema, ordinal)
left join snapshots as snapshot
    on snapshot.stream_id = asked.stream_id and snapshot.state_schema = asked.state_schema
left join lateral (
    select e.position, e.version, e.type, e.schema_version, e.payload::text as payload
    from events as e
    where e.stream_id = asked.stream_id and e.version > coalesce(snapshot.version, asked.after)
    order by e.version
) as tail on true
order by asked.ordinal, tail.version
