-- $1 views, $2 webhook.
-- What the sender says of it counts only once the sender has seen the last change: whoever enables it reads that it is enabled.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select to_jsonb(found)
     from (select w.webhook_id, jsonb_build_object('role', w.owner_role, 'id', w.owner) as owner, w.url,
               string_to_array(w.events, ' ') as events, w.description,
               case when w.enabled and e.stopped_at is null then 'enabled' else 'disabled' end as status,
               case when not w.enabled then 'asked' else e.stopped_because end as disabled_because,
               case when w.enabled then e.stopped_at end as disabled_at,
               e.failing_since, w.created_at, w.position, w.recorded_at
           from live.webhooks as w
           left join webhooks.cursor as c on c.position >= w.position
           left join webhooks.endpoints as e on e.webhook_id = w.webhook_id and c.position is not null
           where w.webhook_id = $2) as found
    ) as "found?: Json<Webhook>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and m.touches && array[$2::uuid::text]) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
