-- The events. unique (stream_id, version) is the optimistic lock: it is never weakened by "on conflict do nothing".
-- The payload is json, not jsonb: the log keeps the very bytes that were written, and nobody searches inside them
-- (docs/decisions: payloads-are-json).
create table events (
    position bigint not null,
    version bigint not null,
    stream_id uuid not null,
    schema_version smallint not null,
    type text not null,
    payload json not null,
    constraint events_pkey primary key (position) with (fillfactor = 100),
    constraint events_stream_id_version_key unique (stream_id, version),
    constraint events_version_check check (version > 0)
);

comment on table events is 'the log: append-only, gapless by position, gapless by version within a stream';
