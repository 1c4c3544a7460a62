-- $1 views, $2 owner (null: everybody), $3 before this account, $4 how many. Version 1 of the view has neither `held` nor `freeze`: nothing was
-- held, and a freeze stopped everything. The names are looked for in the accounts first, then outside (docs/decisions/0018).
with page as materialized (
    select account_id, account_number, owner, name, asset, status, balance::text as balance,
        coalesce(account.held, 0)::text as held, (balance - coalesce(account.held, 0))::text as available,
        coalesce(account."freeze", case when status = 'frozen' then 'all' end) as "freeze", version, opened_at
    from (values (null::numeric, null::text)) as absent (held, "freeze")
    cross join lateral (
        (select account_id, account_number, owner, name, asset, status, balance, held, "freeze", version, opened_at
         from live.accounts
         where owner = $2 and account_id < $3 order by account_id desc limit $4)
        union all
        (select account_id, account_number, owner, name, asset, status, balance, held, "freeze", version, opened_at
         from live.accounts
         where $2 is null and account_id < $3 order by account_id desc limit $4)) as account
    order by account_id desc
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything
        or m.touches && array(select account_id::text from page)
        or m.touches && array[$2::uuid::text]
        or not ($2 is not null and m.names_owner)
            and not exists (select from live.accounts as a
                    where a.account_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))))) as "missing?: Json<MissingRow>",
    (select coalesce(jsonb_agg(to_jsonb(page)), '[]') from page) as "page!: Json<Vec<Account>>"
from registry.live_positions
where view = any($1)
