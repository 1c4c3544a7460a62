-- $1 views, $2 whose and $3 of which role (null: everybody), $4 before the webhook that was created at this position, $5 how many.
-- A webhook whose creation is parked is not there: where no event of its key names whose it is, it may be anybody's.
with page as materialized (
    (select * from live.webhooks
     where owner = $2 and owner_role = $3 and created_position < $4 order by created_position desc limit $5)
    union all
    (select * from live.webhooks
     where $2::uuid is null and created_position < $4 order by created_position desc limit $5)
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(shown) order by shown.created_position desc), '[]')
     from (select w.webhook_id, jsonb_build_object('role', w.owner_role, 'id', w.owner) as owner, w.url,
               string_to_array(w.events, ' ') as events, w.description,
               case when w.enabled and e.stopped_at is null then 'enabled' else 'disabled' end as status,
               case when not w.enabled then 'asked' else e.stopped_because end as disabled_because,
               case when w.enabled then e.stopped_at end as disabled_at,
               e.failing_since, w.created_at, w.created_position, w.position, w.recorded_at
           from page as w
           left join webhooks.cursor as c on c.position >= w.position
           left join webhooks.endpoints as e on e.webhook_id = w.webhook_id and c.position is not null) as shown
    ) as "page!: Json<Vec<WebhookRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and ($2::uuid is null or m.touches && array[$2::uuid::text]
        or m.touches && array(select webhook_id::text from page)
        or not m.names_owner
            and not exists (select from live.webhooks as w
                where w.webhook_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))))) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
