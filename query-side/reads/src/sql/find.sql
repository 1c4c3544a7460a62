-- $1 views, $2 an id or null, $3 the number of an account or null, $4 a reference or null, $5 how many transfers of a reference. Each part is a
-- look-up by a key, but for the payout runs of a reference and the operators of a name: a bank has few, and all of them are looked at. $5 counts
-- for those runs, too.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(found)), '[]')
     from (
        select 'account' as kind, account_id::text as id, coalesce(account_number, name, asset) as title,
            asset || ', ' || status as detail
        from live.accounts where account_id = $2::uuid
        union all
        select 'account', account_id::text, account_number, asset || ', ' || status
        from live.accounts where account_number = $3::text
        union all
        select 'transfer', transfer_id::text, kind, status || coalesce(', ' || code, '')
        from live.transfers where transfer_id = $2
        union all
        (select 'transfer', transfer_id::text, reference, kind || ', ' || status || coalesce(', ' || code, '')
         from live.transfers where reference = $4::text order by position desc limit $5)
        union all
        select 'hold', hold_id::text, asset, status from live.holds where hold_id = $2
        union all
        select 'member', member_id::text, member_id::text, status from live.members where member_id = $2
        union all
        select 'process', process_id::text, kind, state from live.processes where process_id = $2
        union all
        select 'item', item_id::text, collection || ' ' || serial, null from live.items where item_id = $2
        union all
        select 'order', order_id::text, asset, status from live.standing_orders where order_id = $2
        union all
        select 'payout-run', run_id::text, name, status from live.payout_runs where run_id = $2
        union all
        (select 'payout-run', run_id::text, name, status
         from live.payout_runs where reference = $4 order by opened_position desc limit $5)
        union all
        select 'partner', partner_id::text, name, null from live.partners where partner_id = $2
        union all
        select 'webhook', webhook_id::text, url, case when enabled then 'enabled' else 'disabled' end
        from live.webhooks where webhook_id = $2
        union all
        select 'operator', operator_id::text, name, role || ', ' || status
        from live.operators where operator_id = $2 or name = $4
        union all
        select 'approval', approval_id::text, kind,
            case when status = 'pending' and expires_at <= now() then 'expired' else status end || ', ' || requested_by_name
        from live.approvals where approval_id = $2
     ) as found
    ) as "items!: Json<Vec<Found>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything or m.touches && array[$2::uuid::text])) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
