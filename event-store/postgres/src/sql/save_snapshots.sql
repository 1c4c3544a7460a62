-- A snapshot of the same version is replaced only by one of another state schema; a newer one never by an older.
insert into snapshots as old (stream_id, version, state_schema, state)
select new.stream_id, new.version, new.state_schema, new.state::json
from unnest($1::uuid[], $2::int8[], $3::int4[], $4::text[]) as new (stream_id, version, state_schema, state)
on conflict (stream_id) do update
set version = excluded.version, state_schema = excluded.state_schema, state = excluded.state
where excluded.version > old.version
    or (excluded.version = old.version and excluded.state_schema <> old.state_schema)
