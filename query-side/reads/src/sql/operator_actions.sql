-- $1 views, $2 operator (null: any), $3 at this time or later (null: whenever), $4 earlier than this time (null: whenever), $5 before this
-- position, $6 how many.
-- The log's clock never goes back, so a range of times is a range of positions: a page is one run of an index, however long ago. What one
-- operator did is compared with operator and position together, so that no other index has its order: whoever did little is found among
-- all that others did, whatever the planner knows of the parameters.
with range as (
    select case when $3::timestamptz is null then 0 else coalesce(
            (select position from live.operator_actions where acted_at >= $3 order by acted_at, position limit 1),
            9223372036854775807) end as low,
        case when $4::timestamptz is null then 9223372036854775807 else coalesce(
            (select position from live.operator_actions where acted_at >= $4 order by acted_at, position limit 1),
            9223372036854775807) end as high
), page as materialized (
    (select * from live.operator_actions
     where $2::uuid is null and position < least($5, (select high from range)) and position >= (select low from range)
     order by position desc limit $6)
    union all
    (select * from live.operator_actions
     where (operator_id, position) < ($2, least($5, (select high from range)))
         and (operator_id, position) >= ($2, (select low from range))
     order by operator_id desc, position desc limit $6)
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(shown) order by shown.position desc), '[]')
     from (select p.acted_at as at, p.position, p.operator_id, p.name, p.session_id, p.sent_from as "from", p.reason, p.command_id, p.action, p.subject,
               case when p.approval_id is not null then jsonb_build_object(
                   'approval_id', p.approval_id, 'approver', p.approver_id, 'approver_name', p.approver_name) end as approval
           from page as p) as shown
    ) as "page!: Json<Vec<OperatorAction>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1)) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
