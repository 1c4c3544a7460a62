-- $1 views, $2 account, $3 from, $4 to (not included), $5 before this position, $6 how many.
-- Version 1 of the view has no `reverses`: the name is looked for in the entries first, then outside (docs/decisions/0018).
-- The log's clock never goes back, so a range of times is a range of positions: the ticks say which.
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
           from live.entries
           where account_id = $2
             and position < $5
             and position <= case when $4::timestamptz is null then 9223372036854775807 else coalesce(
                 (select position from live.ticks where recorded_at < $4 order by recorded_at desc limit 1), 0) end
             and position > case when $3::timestamptz is null then 0 else coalesce(
                 (select position from live.ticks where recorded_at < $3 order by recorded_at desc limit 1), 0) end
           order by position desc
           limit $6) as page
     left join live.accounts as other on other.account_id = page.counterparty
     left join live.members as named on named.member_id = other.owner
    ) as "page!: sqlx::types::Json<Vec<NamedRow<Entry>>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything or m.touches && array[$2::uuid::text])) as "missing?: sqlx::types::Json<MissingRow>"
from registry.live_positions
where view = any($1)
