-- $1 views, $2 hold. The accounts say whose the two sides are. The opening of an account may be parked: then it is not known whose that side
-- is.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select to_jsonb(found)
     from (select h.hold_id, h.status, h.source, h.destination,
               jsonb_build_object('asset', h.asset, 'amount', h.amount::text) as money, h.captured::text as captured,
               h.released::text as released, (h.amount - h.captured - h.released)::text as remaining, h.expires_at, h.memo,
               h.reference, h.placed_by, h.placed_position, h.position, h.recorded_at, s.owner as source_owner,
               d.owner as destination_owner, s.account_id is not null as source_known,
               h.destination is null or d.account_id is not null as destination_known
           from live.holds as h
           left join live.accounts as s on s.account_id = h.source
           left join live.accounts as d on d.account_id = h.destination
           where h.hold_id = $2) as found
    ) as "found?: Json<HoldRow>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where (m.view = any($1) and (m.anything or m.touches && array[$2::uuid::text]))
        or (m.view = 'accounts' and m.touches && array(
            select side::text from live.holds as h cross join lateral unnest(array[h.source, h.destination]) as side
            where h.hold_id = $2 and not exists (select from live.accounts as a where a.account_id = side)))) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
