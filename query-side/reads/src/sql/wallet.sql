-- $1 views, $2 owner, $3 how many accounts at most, $4 how many entries over all of them, and how many of anything else, $5 the stream of the
-- limits. One statement is one snapshot.
-- Version 1 of the view of transactions has no `reverses`, version 1 of that of accounts neither `held` nor `freeze`: the names are looked for in
-- the tables first, then outside (docs/decisions/0018).
with own as materialized (
    select account_id, account_number, owner, name, asset, status, balance::text as balance,
        coalesce(account.held, 0)::text as held, (balance - coalesce(account.held, 0))::text as available,
        coalesce(account."freeze", case when status = 'frozen' then 'all' end) as "freeze", version, opened_at
    from (values (null::numeric, null::text)) as absent (held, "freeze")
    cross join lateral (
        select account_id, account_number, owner, name, asset, status, balance, held, "freeze", version, opened_at
        from live.accounts
        where owner = $2
        order by account_id desc
        limit $3) as account
    order by account_id desc
),
held as materialized (
    select h.hold_id, h.status, h.source, h.destination,
        jsonb_build_object('asset', h.asset, 'amount', h.amount::text) as money, h.captured::text as captured,
        h.released::text as released, (h.amount - h.captured - h.released)::text as remaining, h.expires_at, h.memo,
        h.reference, h.placed_by, h.placed_position, h.position, h.recorded_at
    from own
    cross join lateral (
        select * from live.holds
        where source = own.account_id and status = 'active' order by placed_position desc limit $4) as h
    order by h.placed_position desc
    limit $4
),
pending as materialized (
    select order_id, next_at, source, destination, jsonb_build_object('asset', asset, 'amount', amount::text) as money, memo
    from live.standing_orders
    where owner = $2 and status = 'active'
    order by next_at, order_id
    limit $4
),
owned as materialized (
    select item_id, collection, serial, owner, case when offer_id is null then 'free' else 'offered' end as status, offer_id,
        metadata_url, digest, owned_position, position, recorded_at
    from live.items
    where owner = $2
    order by owned_position desc
    limit $4
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select to_jsonb(name)
     from (select member_id, real_name, real_name_version from live.members where member_id = $2) as name
    ) as "name?: sqlx::types::Json<NameRow>",
    (select coalesce(jsonb_agg(to_jsonb(own)), '[]') from own) as "accounts!: sqlx::types::Json<Vec<Account>>",
    (select coalesce(jsonb_agg(to_jsonb(recent) || jsonb_build_object('counterparty_number', other.account_number,
            'member_id', named.member_id, 'real_name', named.real_name, 'real_name_version', named.real_name_version)
        order by recent.position desc), '[]')
     from (select own.account_id, own.asset, entry.transfer_id, entry.kind, entry.amount::text as amount,
               entry.balance_after::text as balance_after, entry.version, entry.counterparty, entry.memo,
               entry.reference, entry.reverses, entry.position, entry.recorded_at
           from own
           cross join (values (null::uuid)) as absent (reverses)
           cross join lateral (
               select transfer_id, kind, amount, balance_after, version, counterparty, memo, reference, reverses, position,
                   recorded_at
               from live.entries where account_id = own.account_id order by position desc limit $4
           ) as entry
           order by entry.position desc
           limit $4) as recent
     left join live.accounts as other on other.account_id = recent.counterparty
     left join live.members as named on named.member_id = other.owner
    ) as "recent!: sqlx::types::Json<Vec<NamedRow<WalletEntry>>>",
    (select coalesce(jsonb_agg(to_jsonb(held) order by held.placed_position desc), '[]') from held
    ) as "holds!: sqlx::types::Json<Vec<Hold>>",
    (select coalesce(jsonb_agg(to_jsonb(pending) order by pending.next_at, pending.order_id), '[]') from pending
    ) as "orders!: sqlx::types::Json<Vec<PendingOrder>>",
    (select coalesce(jsonb_agg(to_jsonb(owned) order by owned.owned_position desc), '[]') from owned
    ) as "items!: sqlx::types::Json<Vec<Item>>",
    (select coalesce(jsonb_agg(to_jsonb(applied)), '[]')
     from (select own.account_id, l.name, l.asset, string_to_array(l.kinds, ' ') as kinds, l.everyone,
               l.per_transfer::text as per_transfer,
               jsonb_build_object('amount', l.day_amount::text, 'count', l.day_count) as per_day,
               jsonb_build_object('amount', l.month_amount::text, 'count', l.month_count) as per_month, l.zone,
               l.first_position, l.position, l.recorded_at,
               (select coalesce(jsonb_agg(jsonb_build_object('per', u.per, 'until', u.until, 'amount', u.amount::text,
                    'count', u.count)), '[]')
                from live.limit_uses as u
                where u.account_id = own.account_id and u.name = l.name) as uses
           from own
           join live.limits as l on l.asset = own.asset
           where (l.day_amount is not null or l.day_count is not null)
             and (l.everyone or exists (
                select from live.limit_assignments as a where a.account_id = own.account_id and a.name = l.name))) as applied
    ) as "limits!: sqlx::types::Json<Vec<LimitRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything
        or m.touches && (array(select account_id::text from own) || $2::uuid::text)
        or (m.view = 'limits' and m.touches && array[$5::text])
        or (m.view = 'holds' and m.touches && array(select hold_id::text from held))
        or (m.view = 'standing_orders' and m.touches && array(select order_id::text from pending))
        or (m.view = 'items' and m.touches && array(select item_id::text from owned))
        or (m.view = 'accounts' and not m.names_owner and not exists (select from live.accounts as a
                    where a.account_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')))))) as "missing?: sqlx::types::Json<MissingRow>"
from registry.live_positions
where view = any($1)
