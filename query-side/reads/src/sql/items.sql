-- $1 views, $2 owner, $3 before the item that came to its owner at this position, $4 how many.
-- An item whose minting is parked is not there: where no event of its key names an owner, it may be anybody's.
with page as materialized (
    select item_id, collection, serial, owner, case when offer_id is null then 'free' else 'offered' end as status, offer_id,
        metadata_url, digest, owned_position, position, recorded_at
    from live.items
    where owner = $2 and owned_position < $3
    order by owned_position desc
    limit $4
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(page) order by page.owned_position desc), '[]')
     from page
    ) as "page!: Json<Vec<ItemRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.touches && array[$2::uuid::text]
        or m.touches && array(select item_id::text from page)
        or not m.names_owner
            and not exists (select from live.items as i
                where i.item_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')))
            and not exists (select from live.offers as o
                where o.offer_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))))) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
