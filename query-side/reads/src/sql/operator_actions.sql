-- $1 views, $2 operator (null: any), $3 at this time or later (null: whenever), $4 earlier than this time (null: whenever), $5 before this
-- position, $6 how many.
-- The log's clock never goes back, so what is left of a range of times follows on the list's order.
with page as materialized (
    select * from live.operator_actions
    where ($2::uuid is null or operator_id = $2) and position < $5
        and ($3::timestamptz is null or acted_at >= $3) and ($4::timestamptz is null or acted_at < $4)
    order by position desc limit $6
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(shown) order by shown.position desc), '[]')
     from (select p.acted_at as at, p.position, p.operator_id, p.name, p.session_id, p.reason, p.command_id, p.action, p.subject,
               case when p.approval_id is not null then jsonb_build_object(
                   'approval_id', p.approval_id, 'approver', p.approver_id, 'approver_name', p.approver_name) end as approval
           from page as p) as shown
    ) as "page!: Json<Vec<OperatorAction>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1)) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
