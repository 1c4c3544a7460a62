-- $1 views, $2 who opened it (null: everybody), $3 before the run that was opened at this position, $4 how many.
-- A run whose opening is parked is not there: where no event of its key names who opened it, it may be anybody's.
with page as materialized (
    (select * from live.payout_runs
     where opened_by = $2 and opened_position < $3 order by opened_position desc limit $4)
    union all
    (select * from live.payout_runs
     where $2::uuid is null and opened_position < $3 order by opened_position desc limit $4)
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(shown) order by shown.opened_position desc), '[]')
     from (select r.run_id, r.status, r.source, r.asset, r.name, r.reference, r.opened_by, r.rows, r.posted, r.refused,
               r.total::text as total, r.paid::text as paid, r.paying_since, r.done_before, r.opened_position, r.position,
               r.recorded_at
           from page as r) as shown
    ) as "page!: Json<Vec<RunRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and ($2::uuid is null or m.touches && array[$2::uuid::text]
        or m.touches && array(select run_id::text from page)
        or not m.names_owner
            and not exists (select from live.payout_runs as r
                where r.run_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')))
            and not exists (select from live.payout_chunks as c
                where c.chunk_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))))) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
