-- $1 views, $2 status (null: any), $3 what is asked for (null: anything), $4 before the approval that was asked for at this position, $5 how
-- many. The table says pending of what is pending and of what is expired. A status is compared with status and position together, so that no
-- other index has its order: the few that wait are found among all that were ever decided, whatever the planner knows of the parameters.
with page as materialized (
    select a.*, case when a.status = 'pending' and a.expires_at <= now() then 'expired' else a.status end as shown_status
    from (
        (select * from live.approvals
         where $2::text is null and ($3::text is null or kind = $3) and requested_position < $4
         order by requested_position desc limit $5)
        union all
        (select * from live.approvals
         where status >= case when $2 = 'expired' then 'pending' else $2 end
             and (status, requested_position) < (case when $2 = 'expired' then 'pending' else $2 end, $4)
             and ($2 <> 'pending' or expires_at > now()) and ($2 <> 'expired' or expires_at <= now())
             and ($3::text is null or kind = $3)
         order by status desc, requested_position desc limit $5)
    ) as a
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(shown) order by shown.requested_position desc), '[]')
     from (select p.approval_id, p.shown_status as status, p.kind as action, p.action::jsonb - 'digest' as details, p.requested_by,
               p.requested_by_name, p.session_id, p.reason, p.requested_at, p.expires_at, p.decided_by, p.decided_by_name,
               p.decision_reason, p.decided_at, p.refusal, p.requested_position,
               case when p.kind = 'promotion' and p.status = 'approved' then coalesce(
                   (select jsonb_build_object('state', coalesce(r.outcome, 'waiting'), 'at', r.ended_at, 'error', r.error)
                    from registry.promotion_requests as r where r.approval_id = p.approval_id),
                   jsonb_build_object('state', 'waiting', 'at', null, 'error', null)) end as carried_out
           from page as p) as shown
    ) as "page!: Json<Vec<ApprovalRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1)) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
