-- $1 views, $2 account, $3 at this time or null, $4 at this position or null; neither: now.
with seen as (
    select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live
    from registry.live_positions
    where view = any($1)
), asked as (
    select case
        when $3::timestamptz is not null then coalesce(
            (select position from live.ticks where recorded_at <= $3 order by recorded_at desc limit 1), 0)
        when $4::bigint is not null then least($4, (select position from seen))
        else (select position from seen)
    end as position
)
select seen.position as "position?", seen.recorded_at as "recorded_at?", seen.live as "live?",
    asked.position as "asked?",
    account.account_id is not null as "found!", account.owner as "owner?", account.asset as "asset?",
    -- The last position before the account was opened: there it did not exist yet.
    coalesce((select tick.position from live.ticks as tick where tick.recorded_at < account.opened_at
              order by tick.recorded_at desc limit 1), 0) as "unopened!",
    account.opened_at as "opened_at?",
    entry.balance_after::text as "balance?", entry.version as "version?",
    -- What comes after the moment that is asked about does not matter.
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything or m.touches && array[$2::uuid::text])
        and (m.position is null or m.position <= asked.position)) as "missing?: sqlx::types::Json<MissingRow>"
from seen
cross join asked
left join live.accounts as account on account.account_id = $2
left join lateral (
    select e.balance_after, e.version
    from live.entries as e
    where e.account_id = $2 and e.position <= asked.position
    order by e.position desc
    limit 1
) as entry on true
