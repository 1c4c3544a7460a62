-- $1 views, $2 order, $3 how many of its runs, the newest.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select to_jsonb(found)
     from (select o.order_id, o.status, o.next_at, o.owner, o.source, o.destination,
               jsonb_build_object('asset', o.asset, 'amount', o.amount::text) as money, o.memo,
               o.schedule::jsonb as schedule, o.if_refused, o.catch_up, o.runs as runs_done, o.placed_position, o.position,
               o.recorded_at,
               (select coalesce(jsonb_agg(jsonb_build_object('due_at', r.due_at, 'transfer_id', r.transfer_id,
                    'status', case when r.code is null then 'posted' else 'refused' end, 'code', r.code)
                    order by r.due_at desc), '[]')
                from (select due_at, transfer_id, code
                      from live.standing_order_runs where order_id = $2 order by due_at desc limit $3) as r) as runs
           from live.standing_orders as o where o.order_id = $2) as found
    ) as "found?: Json<OrderRow>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and m.touches && array[$2::uuid::text]) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
