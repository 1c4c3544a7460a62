-- $1 views, $2 collection (null: all), $3 the time now, $4 before the offer that was opened at this position, $5 how many.
-- An offer whose time is over stays open in the table until that is recorded.
with page as materialized (
    (select * from live.offers
     where status = 'open' and collection = $2 and opened_position < $4 and expires_at > $3
     order by opened_position desc limit $5)
    union all
    (select * from live.offers
     where status = 'open' and $2::text is null and opened_position < $4 and expires_at > $3
     order by opened_position desc limit $5)
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(jsonb_build_object('offer_id', page.offer_id, 'item_id', page.item_id,
            'collection', page.collection, 'price', jsonb_build_object('asset', page.asset, 'amount', page.amount::text),
            'status', page.status, 'expires_at', page.expires_at, 'position', page.position,
            'recorded_at', page.recorded_at, 'opened_position', page.opened_position)
        order by page.opened_position desc), '[]')
     from page
    ) as "page!: Json<Vec<OfferRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1)) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
