-- $1 views, $2 reference, $3 the service whose transfers are asked for (null: everybody's), $4 before this position, $5 how many.
-- Whose the two accounts are is for what a partner may see of them; where the view of accounts is behind, that is less.
-- The index is on reference and position, so a page is one descent into it. Version 1 of the view has no `postings`, version 2
-- no `asked_by`, version 3 neither `service` nor the index, version 4 neither `hold_id` nor `despite_freeze`, version 5
-- none of `item_id`, `offer_id` and `order_id` (docs/decisions/0018): until
-- version 4 is promoted a service finds nothing, and an operator waits for a scan.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(page) order by page.position desc), '[]')
     from (select t.*,
               (select owner from live.accounts where account_id = t.source) as source_owner,
               (select owner from live.accounts where account_id = t.destination) as destination_owner
           from (values (null::jsonb, null::uuid, null::uuid, null::uuid, null::boolean, null::uuid, null::uuid, null::uuid))
               as absent (postings, asked_by, service, hold_id, despite_freeze, item_id, offer_id, order_id)
           cross join lateral (
               select transfer_id, kind, status, code, available::text as available, source, destination, asset,
                   amount::text as amount, memo, reference, reverses, reversed_by,
                   source_balance_after::text as source_balance_after, source_version,
                   destination_balance_after::text as destination_balance_after, destination_version,
                   position, recorded_at, postings, asked_by, hold_id, despite_freeze, item_id, offer_id, order_id
               from live.transfers
               where reference = $2 and position < $4 and ($3::uuid is null or service = $3)
               order by position desc
               limit $5) as t) as page
    ) as "page!: sqlx::types::Json<Vec<TransferRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1)) as "missing?: sqlx::types::Json<MissingRow>"
from registry.live_positions
where view = any($1)
