-- $1 views, $2 status (null: any), $3 what is asked for (null: anything), $4 before the approval that was asked for at this position, $5 how
-- many.
with page as materialized (
    select *, case when status = 'pending' and expires_at <= now() then 'expired' else status end as shown_status
    from live.approvals
    where ($2::text is null or case when status = 'pending' and expires_at <= now() then 'expired' else status end = $2)
        and ($3::text is null or kind = $3) and requested_position < $4
    order by requested_position desc limit $5
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(shown) order by shown.requested_position desc), '[]')
     from (select p.approval_id, p.shown_status as status, p.kind as action, p.action::jsonb - 'digest' as details, p.requested_by,
               p.requested_by_name, p.session_id, p.reason, p.requested_at, p.expires_at, p.decided_by, p.decided_by_name,
               p.decision_reason, p.decided_at, p.refusal, p.requested_position
           from page as p) as shown
    ) as "page!: Json<Vec<ApprovalRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1)) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
