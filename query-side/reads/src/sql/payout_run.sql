-- $1 views, $2 run.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select to_jsonb(found)
     from (select r.run_id, r.status, r.source, r.asset, r.name, r.reference, r.opened_by, r.rows, r.posted, r.refused,
               r.total::text as total, r.paid::text as paid, r.paying_since, r.done_before, r.opened_position, r.position,
               r.recorded_at
           from live.payout_runs as r where r.run_id = $2) as found
    ) as "found?: Json<RunRow>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and m.touches && array[$2::uuid::text]) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
