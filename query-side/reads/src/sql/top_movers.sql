-- $1 views, $2 asset, $3 day, $4 how many.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    coalesce(min(zone), 'UTC') as "zone!",
    (select coalesce(jsonb_agg(to_jsonb(ranked) order by rank, account_id), '[]')
     from (select rank() over (order by transfers desc, volume desc) as rank, account_id, transfers,
               volume::text as volume
           from live.movers
           where asset = $2 and day = $3
           order by rank, account_id
           limit $4) as ranked
    ) as "movers!: Json<Vec<Mover>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1)) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
