-- $1 views, $2 webhook, $3 with this status (null: any), $4 not before this time (null: any), $5 after this delivery (null: from the
-- newest on), $6 how many.
-- The page begins behind a delivery, and a status is compared with time and id together: each part is one run of an index of that order, so
-- that the few that failed are found among all that were taken, and a page far back costs what the first does.
with bound as (
    select coalesce((select l.created_at from webhooks.deliveries as l where l.delivery_id = $5 and l.webhook_id = $2), 'infinity')
            as created_at,
        coalesce($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') as delivery_id
), page as materialized (
    select d.delivery_id, d.event_id, d.type, d.status, d.attempts, d.next_at, d.created_at
    from (
        (select * from webhooks.deliveries
         where $3::text is null and webhook_id = $2 and created_at >= coalesce($4::timestamptz, '-infinity')
             and (created_at, delivery_id) < ((select created_at from bound), (select delivery_id from bound))
         order by created_at desc, delivery_id desc limit $6)
        union all
        (select * from webhooks.deliveries
         where webhook_id = $2 and status >= $3 and created_at >= coalesce($4::timestamptz, '-infinity')
             and (status, created_at, delivery_id) < ($3, (select created_at from bound), (select delivery_id from bound))
         order by status desc, created_at desc, delivery_id desc limit $6)
    ) as d
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
