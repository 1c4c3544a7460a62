-- $1 views, $2 member, $3 how many accounts. Version 1 of the view of accounts has neither `held` nor `freeze`: nothing was held, and a freeze
-- stopped everything. The names are looked for in the accounts first, then outside (docs/decisions/0018).
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select to_jsonb(found)
     from (select member_id, status as state, joined_at, erased_at,
               (select count(*) from live.accounts where owner = $2) as account_count,
               (select coalesce(jsonb_agg(to_jsonb(shown) order by shown.account_id desc), '[]')
                from (select account_id, account_number, owner, name, asset, status, balance::text as balance,
                          coalesce(account.held, 0)::text as held,
                          (balance - coalesce(account.held, 0))::text as available,
                          coalesce(account."freeze", case when status = 'frozen' then 'all' end) as "freeze", version, opened_at
                      from (values (null::numeric, null::text)) as absent (held, "freeze")
                      cross join lateral (
                          select account_id, account_number, owner, name, asset, status, balance, held, "freeze", version, opened_at
                          from live.accounts
                          where owner = $2 order by account_id desc limit $3) as account) as shown) as accounts
           from live.members where member_id = $2) as found
    ) as "found?: Json<MemberDetail>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything or m.touches && array[$2::uuid::text])) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
