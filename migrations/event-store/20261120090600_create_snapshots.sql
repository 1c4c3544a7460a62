-- States of streams at a version, so that loading one does not take longer the longer the stream is. They can be dropped
-- at any time: the events say the same.
create table snapshots (
    stream_id uuid primary key,
    version bigint not null check (version > 0),
    state_schema integer not null,
    state json not null
);

comment on table snapshots is 'a cache of states of streams: may be dropped at any time';
