-- The events of some types after $2, up to $3. The list of types is that of the partial index events_of_members: Postgres
-- uses the index because it stands here too.
select picked.position as "position!", picked.version as "version!", picked.stream_id as "stream_id!",
    picked.schema_version as "schema_version!", picked.event_type as "event_type!", picked.payload as "payload!",
    commit.recorded_at as "recorded_at!", commit.actor_id as "actor_id!", commit.actor_role as "actor_role!"
from (
    select position, version, stream_id, schema_version, type as event_type, payload::text as payload
    from events
    where type in (
            'SignUpStarted', 'SignUpCodeIssued', 'SignUpCodeRefused', 'SignUpCompleted', 'SignUpEnded', 'NameReserved',
            'NameReleased', 'MemberJoined', 'ContactChangeStarted', 'ContactCodeRefused', 'ContactChanged',
            'PasswordChanged', 'PersonalDataDisclosed', 'ErasureRequested', 'MemberErased', 'PasswordResetStarted',
            'PasswordResetCodeRefused', 'PasswordResetCompleted'
        )
        and type = any($1::text[])
        and position > $2::int8
        and position <= $3::int8
    order by position
    limit $4::int8
) as picked
cross join lateral (
    select recorded_at, actor_id, actor_role
    from commits
    where first_position <= picked.position
    order by first_position desc
    limit 1
) as commit
order by picked.position
