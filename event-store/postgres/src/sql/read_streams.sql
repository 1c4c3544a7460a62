-- For each asked stream where it stands, its state if one of this schema or an earlier one is wanted ($3) and there, and its events after that state or
-- after $2: commit by commit backwards, along the positions that stand in the events, through $6 commits at most. It begins with
-- the newest commit, with that of $4, or, with $5, with the commit that opened the stream. A stream without a row is found by the
-- command that has its id.
with recursive standing as materialized (
    select asked.ordinal, asked.stream_id, stream.kind, stream.version, stream.stream_id is not null as has_row,
        coalesce(stream.newest_position, command.first_position) as newest,
        case
            when $5::bool then coalesce(stream.first_position, command.first_position)
            else coalesce(asked.begin, stream.newest_position, command.first_position)
        end as begin,
        case when stream.state_schema <= asked.state_schema then stream.state_version end as state_version,
        case when stream.state_schema <= asked.state_schema then stream.state end as state,
        coalesce(case when stream.state_schema <= asked.state_schema then stream.state_version end, asked.after) as after
    from unnest($1::uuid[], $2::int8[], $3::int4[], $4::int8[]) with ordinality as asked (stream_id, after, state_schema, begin, ordinal)
    left join log_streams as stream on stream.stream_id = asked.stream_id
    left join log_commands as command on stream.stream_id is null and command.command_id = asked.stream_id
),
walk as (
    select standing.ordinal, standing.stream_id, standing.after, 1::int8 as depth, commit.first_position, commit.recorded_at, commit.actor_id,
        commit.actor_role, part.events, part.places, part.lowest,
        case when part.previous < 0 then commit.first_position + part.previous else part.previous end as next
    from standing
    cross join lateral (
        select first_position, recorded_at, actor_id, actor_role, events
        from log_commits
        where first_position = standing.begin
        limit 1
    ) as commit
    cross join lateral (
        select json_agg(event.item order by event.place)::text as events, array_agg(event.place order by event.place) as places,
            min((event.item ->> 1)::int8) as lowest, (array_agg((event.item ->> 2)::int8 order by event.place))[1] as previous
        from json_array_elements(commit.events) with ordinality as event (item, place)
        where starts_with(event.item::text, '["' || standing.stream_id || '"')
    ) as part
    where coalesce(standing.version, 1) > standing.after
    union all
    select walk.ordinal, walk.stream_id, walk.after, walk.depth + 1, commit.first_position, commit.recorded_at, commit.actor_id,
        commit.actor_role, part.events, part.places, part.lowest,
        case when part.previous < 0 then commit.first_position + part.previous else part.previous end
    from walk
    cross join lateral (
        select first_position, recorded_at, actor_id, actor_role, events
        from log_commits
        where first_position = walk.next
        limit 1
    ) as commit
    cross join lateral (
        select json_agg(event.item order by event.place)::text as events, array_agg(event.place order by event.place) as places,
            min((event.item ->> 1)::int8) as lowest, (array_agg((event.item ->> 2)::int8 order by event.place))[1] as previous
        from json_array_elements(commit.events) with ordinality as event (item, place)
        where starts_with(event.item::text, '["' || walk.stream_id || '"')
    ) as part
    where walk.next > 0 and walk.lowest > walk.after + 1 and walk.depth < $6::int8
)
-- A row for where the stream stands and the commit with which the walk begins, and then one for each commit: a join of the two would
-- compare each with each. A commit that has left the database is not among them.
select ordinal as "ordinal!", 0::int8 as "depth!", kind as "kind?", version as "version?", newest as "newest?", has_row as "has_row?",
    state_version as "state_version?", state as "state?", null::int8 as "first_position?", null::timestamptz as "recorded_at?",
    null::uuid as "actor_id?", null::"char" as "actor_role?", null::text as "events?", null::int8[] as "places?", begin as "next?"
from standing
union all
select ordinal, depth, null, null, null, null, null, null, first_position, recorded_at, actor_id, actor_role, events, places, next
from walk
order by 1, 2
