-- $1 views, $2 run, $3 after the row of this number, $4 how many.
-- The chunks of the run are read along their key, and the rows of each along theirs, until there are so many. `offset 0` keeps
-- the tables apart, so that their keys are used whatever the planner expects. The rows of a chunk may be parked, and so may the run.
with page as materialized (
    select r.row_number, r.destination, r.amount
    from (select chunk_id, last_row from live.payout_chunks where run_id = $2 and last_row > $3) as c
    cross join lateral (
        select row_number, coalesce(account_id::text, account_number) as destination, amount
        from live.payout_rows where chunk_id = c.chunk_id and row_number > $3 order by row_number offset 0) as r
    order by c.last_row, r.row_number
    limit $4
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select opened_by from live.payout_runs where run_id = $2) as opened_by,
    (select coalesce(jsonb_agg(jsonb_build_object('row', page.row_number, 'destination', page.destination,
            'amount', page.amount::text,
            'status', case when s.transfer_id is null then 'pending' when s.code is null then 'posted' else 'refused' end,
            'transfer_id', s.transfer_id, 'code', s.code)
        order by page.row_number), '[]')
     from page
     left join lateral (
        select transfer_id, code from live.payout_results
        where run_id = $2 and row_number = page.row_number offset 0) as s on true
    ) as "page!: Json<Vec<PayoutResult>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.touches && array[$2::uuid::text]
        or m.touches && array(select chunk_id::text from live.payout_chunks where run_id = $2))) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
