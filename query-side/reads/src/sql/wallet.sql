-- $1 views, $2 owner, $3 how many accounts at most, $4 how many entries over all of them. One statement is one snapshot.
-- Version 1 of the view has no `reverses`: the name is looked for in the entries first, then outside (docs/decisions/0018).
with own as materialized (
    select account_id, account_number, owner, name, asset, status, balance::text as balance,
        balance::text as available, version, opened_at
    from live.accounts
    where owner = $2
    order by account_id desc
    limit $3
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
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything
        or m.touches && (array(select account_id::text from own) || $2::uuid::text)
        or (m.view = 'accounts' and not m.names_owner and not exists (select from live.accounts as a
                    where a.account_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')))))) as "missing?: sqlx::types::Json<MissingRow>"
from registry.live_positions
where view = any($1)
