-- $1 views, $2 account, $3 the stream of the limits. A limit counts for the accounts of members that hold its asset: for each of
-- them, or for those that it is assigned to. What is used of a window that is over counts for nothing: the reader looks at the clock.
with own as materialized (
    select owner, asset from live.accounts where account_id = $2
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    exists (select from own) as "found!",
    (select owner from own) as owner,
    (select coalesce(jsonb_agg(to_jsonb(applied)), '[]')
     from (select l.name, l.asset, string_to_array(l.kinds, ' ') as kinds, l.everyone, l.per_transfer::text as per_transfer,
               jsonb_build_object('amount', l.day_amount::text, 'count', l.day_count) as per_day,
               jsonb_build_object('amount', l.month_amount::text, 'count', l.month_count) as per_month, l.zone,
               l.first_position, l.position, l.recorded_at,
               (select coalesce(jsonb_agg(jsonb_build_object('per', u.per, 'until', u.until, 'amount', u.amount::text,
                    'count', u.count)), '[]')
                from live.limit_uses as u
                where u.account_id = $2 and u.name = l.name) as uses
           from live.limits as l
           join own on own.asset = l.asset and own.owner is not null
           where l.everyone
              or exists (select from live.limit_assignments as a where a.account_id = $2 and a.name = l.name)) as applied
    ) as "limits!: Json<Vec<AppliedRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where case when exists (select from own)
        then m.view = 'limits' and m.touches && array[$2::uuid::text, $3::text]
        else m.view = 'accounts' and m.touches && array[$2::uuid::text] end) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
