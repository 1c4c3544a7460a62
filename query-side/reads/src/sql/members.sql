-- $1 views, $2 state (null: any), $3 before this member, $4 how many, $5 how many are looked at.
with looked_at as materialized (
    select member_id, status, joined_at, erased_at from live.members
    where member_id < $3
    order by member_id desc
    limit $5
), page as materialized (
    select member_id, status as state, joined_at, erased_at from looked_at
    where $2::text is null or status = $2
    order by member_id desc
    limit $4
)
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(page) order by page.member_id desc), '[]') from page) as "page!: Json<Vec<MemberRecord>>",
    -- The last one that was looked at, if there may be more.
    case when $5::int8 > $4::int8 then (
        select member_id from looked_at order by member_id desc offset $5 - 1 limit 1) end as "down_to?",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1)) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
