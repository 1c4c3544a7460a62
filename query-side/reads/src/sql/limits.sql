-- $1 views, $2 the stream of the limits. There are few of them, so the list is read whole.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(shown) order by shown.first_position desc), '[]')
     from (select name, asset, string_to_array(kinds, ' ') as kinds, everyone, per_transfer::text as per_transfer,
               jsonb_build_object('amount', day_amount::text, 'count', day_count) as per_day,
               jsonb_build_object('amount', month_amount::text, 'count', month_count) as per_month, zone, first_position,
               position, recorded_at
           from live.limits) as shown
    ) as "limits!: Json<Vec<LimitRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and m.touches && array[$2::text]) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
