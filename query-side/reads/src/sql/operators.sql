-- $1 views, $2 before the operator who was added at this position, $3 how many.
with page as materialized (
    select * from live.operators where added_position < $2 order by added_position desc limit $3
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(p) order by p.added_position desc), '[]') from page as p)
        as "page!: Json<Vec<OperatorRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1)) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
