-- $1 views, $2 webhook, $3 with this status (null: any), $4 not before this time (null: any), $5 after this delivery (null: from the
-- newest on), $6 how many.
with page as materialized (
    select d.delivery_id, d.event_id, d.type, d.status, d.attempts, d.next_at, d.created_at
    from webhooks.deliveries as d
    where d.webhook_id = $2
        and ($3::text is null or d.status = $3)
        and ($4::timestamptz is null or d.created_at >= $4)
        and ($5::uuid is null or (d.created_at, d.delivery_id) < (
            select l.created_at, l.delivery_id from webhooks.deliveries as l
            where l.delivery_id = $5 and l.webhook_id = $2))
    order by d.created_at desc, d.delivery_id desc
    limit $6
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select jsonb_build_object('role', owner_role, 'id', owner) from live.webhooks where webhook_id = $2)
        as "owner?: Json<WebhookOwner>",
    ($5::uuid is null or exists (select from webhooks.deliveries where delivery_id = $5 and webhook_id = $2)) as "is_there!",
    (select coalesce(jsonb_agg(to_jsonb(page) order by page.created_at desc, page.delivery_id desc), '[]') from page)
        as "page!: Json<Vec<Delivery>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and m.touches && array[$2::uuid::text]) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
