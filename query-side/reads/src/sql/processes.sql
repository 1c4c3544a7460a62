-- $1 views, $2 kind (null: any), $3 state (null: any), $4 before the process that was started at this position, $5 how many.
-- What is compared with a position together is compared so that no other index has its order: the few that are stuck are found among all that
-- are done, whatever the planner knows of the parameters.
with page as materialized (
    (select * from live.processes
     where $2::text is null and $3::text is null and started_position < $4
     order by started_position desc limit $5)
    union all
    (select * from live.processes
     where $3::text is null and kind >= $2 and (kind, started_position) < ($2, $4)
     order by kind desc, started_position desc limit $5)
    union all
    (select * from live.processes
     where state >= $3 and (state, started_position) < ($3, $4) and ($2::text is null or kind = $2)
     order by state desc, started_position desc limit $5)
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(shown) order by shown.started_position desc), '[]')
     from (select p.process_id, p.kind, p.state, p.owner, jsonb_build_object('asset', p.asset, 'amount', p.amount::text) as money,
               p.account as account_id, p.provider, p.product, p.hold as hold_id, p.started_at, p.ended_at, p.position,
               p.started_position, p.code, p.code_version,
               (select coalesce(jsonb_agg(jsonb_build_object('name', s.name, 'state', s.state, 'tries', s.tries,
                    'last_error_code', s.last_error_code, 'at', s.at) order by s.begun_position), '[]')
                from live.process_steps as s where s.process_id = p.process_id) as steps
           from page as p) as shown
    ) as "page!: Json<Vec<ProcessRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1)) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
