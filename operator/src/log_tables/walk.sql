-- The events of a stream ($1), newest first: from commit to commit backwards, along the positions that stand in the events, until $2
-- events are found. A stream without a row is found by the command that has its id. Those of the types $3 are left out, but for the first,
-- the newest, and the newest of each type.
with recursive walk as (
    select commit.first_position, commit.recorded_at, part.items, part.places, part.found,
        case when part.previous < 0 then commit.first_position + part.previous else part.previous end as next
    from log_commits as commit
    cross join lateral (
        select array_agg(event.item order by event.place) as items, array_agg(event.place order by event.place) as places,
            count(*) as found, (array_agg((event.item ->> 2)::int8 order by event.place))[1] as previous
        from json_array_elements(commit.events) with ordinality as event (item, place)
        where (event.item ->> 0)::uuid = $1
    ) as part
    where commit.first_position = coalesce(
        (select newest_position from log_streams where stream_id = $1),
        (select first_position from log_commands where command_id = $1)
    )
    union all
    select commit.first_position, commit.recorded_at, part.items, part.places, walk.found + part.found,
        case when part.previous < 0 then commit.first_position + part.previous else part.previous end
    from walk
    cross join lateral (
        select first_position, recorded_at, events from log_commits where first_position = walk.next limit 1
    ) as commit
    cross join lateral (
        select array_agg(event.item order by event.place) as items, array_agg(event.place order by event.place) as places,
            count(*) as found, (array_agg((event.item ->> 2)::int8 order by event.place))[1] as previous
        from json_array_elements(commit.events) with ordinality as event (item, place)
        where (event.item ->> 0)::uuid = $1
    ) as part
    where walk.next > 0 and walk.found < $2
),
events as (
    select walk.first_position + event.place - 1 as position, (event.item ->> 1)::int8 as version, event.item ->> 3 as type,
        (event.item ->> 4)::int2 as schema_version, (event.item -> 5)::text as payload, walk.recorded_at
    from walk
    cross join lateral unnest(walk.items, walk.places) as event (item, place)
)
select position as "position!", version as "version!", type as "event_type!", schema_version as "schema_version!",
    payload as "payload!", recorded_at as "recorded_at!"
from events
where version = 1 or type <> all($3::text[]) or version = (select max(version) from events)
    or version in (select max(version) from events group by type)
order by version desc
limit $2
