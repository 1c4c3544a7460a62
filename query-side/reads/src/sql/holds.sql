-- $1 views, $2 account, $3 statuses, $4 before the hold that was placed at this position, $5 how many.
-- Each side and status is one run of an index. The two sides of a hold are never one account, so no hold comes up twice.
-- A hold whose placing is parked is not there: where no event of its key names the accounts, it may be of any.
with own as materialized (
    select owner from live.accounts where account_id = $2
),
page as materialized (
    select h.hold_id, h.status, h.source, h.destination,
        jsonb_build_object('asset', h.asset, 'amount', h.amount::text) as money, h.captured::text as captured,
        h.released::text as released, (h.amount - h.captured - h.released)::text as remaining, h.expires_at, h.memo,
        h.reference, h.placed_by, h.placed_position, h.position, h.recorded_at
    from unnest($3::text[]) as wanted (status)
    cross join lateral (
        (select * from live.holds
         where source = $2 and status = wanted.status and placed_position < $4 order by placed_position desc limit $5)
        union all
        (select * from live.holds
         where destination = $2 and status = wanted.status and placed_position < $4 order by placed_position desc limit $5)
    ) as h
    order by h.placed_position desc
    limit $5
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    exists (select from own) as "found!",
    (select owner from own) as owner,
    (select coalesce(jsonb_agg(to_jsonb(page) order by page.placed_position desc), '[]')
     from page
    ) as "page!: Json<Vec<HoldRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where case when exists (select from own)
        then m.view = 'holds' and (m.touches && array[$2::uuid::text]
            or m.touches && array(select hold_id::text from page)
            or not m.names_owner and not exists (select from live.holds as h
                where h.hold_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))))
        else m.view = 'accounts' and m.touches && array[$2::uuid::text] end) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
