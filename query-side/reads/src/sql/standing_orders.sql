-- $1 views, $2 owner (null: everybody), $3 before the order that was placed at this position, $4 how many, $5 how many runs of each, the
-- newest. An order whose placing is parked is not there: where no event of its key names the owner, it may be anybody's.
with page as materialized (
    (select * from live.standing_orders
     where owner = $2 and placed_position < $3 order by placed_position desc limit $4)
    union all
    (select * from live.standing_orders
     where $2::uuid is null and placed_position < $3 order by placed_position desc limit $4)
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(shown) order by shown.placed_position desc), '[]')
     from (select o.order_id, o.status, o.next_at, o.owner, o.source, o.destination,
               jsonb_build_object('asset', o.asset, 'amount', o.amount::text) as money, o.memo,
               o.schedule::jsonb as schedule, o.if_refused, o.catch_up, o.runs as runs_done, o.placed_position, o.position,
               o.recorded_at,
               (select coalesce(jsonb_agg(jsonb_build_object('due_at', r.due_at, 'transfer_id', r.transfer_id,
                    'status', case when r.code is null then 'posted' else 'refused' end, 'code', r.code)
                    order by r.due_at desc), '[]')
                from (select due_at, transfer_id, code
                      from live.standing_order_runs where order_id = o.order_id order by due_at desc limit $5) as r) as runs
           from page as o) as shown
    ) as "page!: Json<Vec<OrderRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and ($2::uuid is null or m.touches && array[$2::uuid::text]
        or m.touches && array(select order_id::text from page)
        or not m.names_owner
            and not exists (select from live.standing_orders as o
                where o.order_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))))) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
