-- $1 views, $2 account, $3 from, $4 to (not included), $5 before this position, $6 how many, $7 how many are looked at; of those only the ones
-- of a kind ($8), of an amount at least ($9) and at most ($10), with a counterparty ($11, or by its number $12), of a reference ($13).
-- Version 1 of the view has no `reverses`: the name is looked for in the entries first, then outside (docs/decisions/0018).
-- The log's clock never goes back, so a range of times is a range of positions: the ticks say which.
with range as (
    select case when $4::timestamptz is null then 9223372036854775807 else coalesce(
            (select position from live.ticks where recorded_at < $4 order by recorded_at desc limit 1), 0) end as high,
        case when $3::timestamptz is null then 0 else coalesce(
            (select position from live.ticks where recorded_at < $3 order by recorded_at desc limit 1), 0) end as low
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    exists (select from live.accounts where account_id = $2) as found,
    (select owner from live.accounts where account_id = $2) as owner,
    (select coalesce(jsonb_agg(to_jsonb(page) || jsonb_build_object('counterparty_number', other.account_number,
            'member_id', named.member_id, 'real_name', named.real_name, 'real_name_version', named.real_name_version)
        order by page.position desc), '[]')
     from (values (null::uuid)) as absent (reverses)
     cross join lateral (
           select transfer_id, kind, amount::text as amount, balance_after::text as balance_after, version,
               counterparty, memo, reference, reverses, position, recorded_at
           from (
               select transfer_id, kind, amount, balance_after, version, counterparty, memo, reference, reverses, position, recorded_at
               from live.entries
               where account_id = $2 and position < $5
                 and position <= (select high from range) and position > (select low from range)
               order by position desc
               limit $7) as looked_at
           where ($8::text is null or kind = $8) and ($9::text is null or abs(amount) >= $9::numeric)
             and ($10::text is null or abs(amount) <= $10::numeric)
             and ($11::uuid is null or counterparty = $11) and ($13::text is null or reference = $13)
             and ($12::text is null or counterparty = (select account_id from live.accounts where account_number = $12))
           order by position desc
           limit $6) as page
     left join live.accounts as other on other.account_id = page.counterparty
     left join live.members as named on named.member_id = other.owner
    ) as "page!: sqlx::types::Json<Vec<NamedRow<Entry>>>",
    -- The last one that was looked at, if there may be more.
    case when $7 > $6 then (
        select position from live.entries
        where account_id = $2 and position < $5
          and position <= (select high from range) and position > (select low from range)
        order by position desc
        offset $7 - 1 limit 1) end as looked_at_down_to,
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything or m.touches && array[$2::uuid::text])) as "missing?: sqlx::types::Json<MissingRow>"
from registry.live_positions
where view = any($1)
