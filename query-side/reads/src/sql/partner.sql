-- $1 views, $2 partner, $3 how many of its keys, the newest.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select to_jsonb(found)
     from (select p.partner_id, p.name, p.requests_per_second, p.burst, string_to_array(p.limits, ' ') as limits,
               p.created_at, p.created_position,
               (select coalesce(jsonb_agg(to_jsonb(k) order by k.issued_position desc), '[]')
                from (select key_id, string_to_array(scopes, ' ') as scopes, issued_at, expires_at, revoked_at, issued_position
                      from live.partner_keys where partner_id = p.partner_id
                      order by issued_position desc limit $3) as k) as keys
           from live.partners as p where p.partner_id = $2) as found
    ) as "found?: Json<PartnerRow>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and m.touches && array[$2::uuid::text]) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
