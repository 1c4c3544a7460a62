-- $1 views, $2 transfer. The accounts tell whose each leg is. The opening of an account may be parked: then it is not known
-- whose that leg is. A transfer of more than two legs has them in `postings`. Version 1 of the view has no `postings`,
-- version 2 no `asked_by`, version 4 neither `hold_id` nor `despite_freeze`, version 5 none of `item_id`, `offer_id` and `order_id`: the name is
-- looked for in the transfers first, then outside (docs/decisions/0018).
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select to_jsonb(found)
     from (select t.transfer_id, t.status, t.kind, t.code, t.available::text as available, t.source, t.destination,
               t.asset, t.amount::text as amount, t.memo, t.reference, t.reverses, t.reversed_by,
               t.source_balance_after::text as source_balance_after, t.source_version,
               t.destination_balance_after::text as destination_balance_after, t.destination_version,
               t.position, t.recorded_at, t.asked_by, t.hold_id, t.despite_freeze, t.item_id, t.offer_id, t.order_id,
               s.owner as source_owner, d.owner as destination_owner,
               t.source is null or s.account_id is not null as source_known,
               t.destination is null or d.account_id is not null as destination_known,
               (select jsonb_agg(leg.line || jsonb_build_object('owner', a.owner, 'known', a.account_id is not null)
                    order by leg.place)
                from jsonb_array_elements(t.postings) with ordinality as leg (line, place)
                left join live.accounts as a on a.account_id = (leg.line ->> 'account_id')::uuid) as postings
           from (values (null::jsonb, null::uuid, null::uuid, null::boolean, null::uuid, null::uuid, null::uuid))
               as absent (postings, asked_by, hold_id, despite_freeze, item_id, offer_id, order_id)
           cross join lateral (
               select transfer_id, status, kind, code, available, source, destination, asset, amount, memo, reference,
                   reverses, reversed_by, source_balance_after, source_version, destination_balance_after,
                   destination_version, position, recorded_at, postings, asked_by, hold_id, despite_freeze, item_id, offer_id, order_id
               from live.transfers where transfer_id = $2) as t
           left join live.accounts as s on s.account_id = t.source
           left join live.accounts as d on d.account_id = t.destination) as found
    ) as "found?: sqlx::types::Json<TransferRow>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where (m.view = any($1) and (m.anything or m.touches && array[$2::uuid::text]))
        or (m.view = 'accounts' and m.touches && array(
            select touched.account
            from (values (null::jsonb)) as absent (postings)
            cross join lateral (
                select source, destination, postings from live.transfers where transfer_id = $2) as t
            cross join lateral (
                select unnest(array[t.source, t.destination])::text as account
                union all select leg ->> 'account_id' from jsonb_array_elements(t.postings) as leg) as touched))) as "missing?: sqlx::types::Json<MissingRow>"
from registry.live_positions
where view = any($1)
