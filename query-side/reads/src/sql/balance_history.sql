-- $1 views, $2 account, $3 from (null: its opening), $4 to, $5 how many instants. Each instant is one descent into the ticks and one into the
-- entries.
with account as (
    select asset, opened_at, greatest(coalesce($3::timestamptz, opened_at), opened_at) as since
    from live.accounts where account_id = $2
), instants as (
    select place, case when place = $5::int8 - 1 then $4::timestamptz
            else account.since + make_interval(secs => extract(epoch from $4::timestamptz - account.since)::float8
                * place::float8 / greatest($5::int8 - 1, 1)::float8) end as at
    from account
    cross join generate_series(0, $5::int8 - 1) as place
    where account.since <= $4::timestamptz
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select asset from account) as "asset?",
    (select coalesce(jsonb_agg(jsonb_build_object('at', instants.at, 'balance', coalesce(entry.balance_after, 0)::text,
            'version', entry.version) order by instants.place), '[]')
     from instants
     left join lateral (
         select t.position from live.ticks as t where t.recorded_at <= instants.at order by t.recorded_at desc limit 1
     ) as tick on true
     left join lateral (
         select e.balance_after, e.version from live.entries as e
         where e.account_id = $2 and e.position <= tick.position
         order by e.position desc limit 1
     ) as entry on true
    ) as "points!: Json<Vec<BalancePoint>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything or m.touches && array[$2::uuid::text])) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
