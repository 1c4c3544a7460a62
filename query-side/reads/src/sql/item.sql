-- $1 views, $2 item, $3 how many owners at most, the newest.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select to_jsonb(found)
     from (select item_id, collection, serial, owner, case when offer_id is null then 'free' else 'offered' end as status,
               offer_id, metadata_url, digest, owned_position, position, recorded_at
           from live.items where item_id = $2) as found
    ) as "found?: Json<ItemRow>",
    (select coalesce(jsonb_agg(jsonb_build_object('owner', o.owner, 'how', o.how, 'since', o.since,
            'member_id', named.member_id, 'real_name', named.real_name, 'real_name_version', named.real_name_version)
        order by o.position desc), '[]')
     from (select owner, how, since, position
           from live.item_owners where item_id = $2 order by position desc limit $3) as o
     left join live.members as named on named.member_id = o.owner
    ) as "owners!: Json<Vec<NamedRow<ItemOwner>>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything or m.touches && array[$2::uuid::text])) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
