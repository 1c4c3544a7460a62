-- $1 views, $2 from (the hour that holds it), $3 to (not included). Version 1 of the view does not have the table.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(jsonb_build_object('hour', bucket_start, 'code', code, 'kind', kind, 'count', count)
            order by bucket_start desc, code, kind), '[]')
     from live.refusals
     where bucket_start >= date_trunc('hour', $2::timestamptz, 'UTC') and bucket_start < $3::timestamptz
    ) as "items!: Json<Vec<RefusalHour>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1)) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
