-- $1 views, $2 approval.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select to_jsonb(found)
     from (select a.approval_id, case when a.status = 'pending' and a.expires_at <= now() then 'expired' else a.status end as status,
               a.kind as action, a.action::jsonb - 'digest' as details, a.requested_by, a.requested_by_name, a.session_id,
               a.reason, a.requested_at, a.expires_at, a.decided_by, a.decided_by_name, a.decision_reason, a.decided_at, a.refusal,
               case when a.kind = 'promotion' and a.status = 'approved' then coalesce(
                   (select jsonb_build_object('state', coalesce(r.outcome, 'waiting'), 'at', r.ended_at, 'error', r.error)
                    from registry.promotion_requests as r where r.approval_id = a.approval_id),
                   jsonb_build_object('state', 'waiting', 'at', null, 'error', null)) end as carried_out
           from live.approvals as a where a.approval_id = $2) as found
    ) as "found?: Json<Approval>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and m.touches && array[$2::uuid::text]) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
