-- What one command wrote: a run of positions, and who asked for it. The unique command id is the idempotency record.
-- The order of the columns wastes no byte on padding; a full page of an index that only grows to the right stays full.
create table commits (
    first_position bigint not null,
    last_position bigint not null,
    recorded_at timestamptz not null,
    command_id uuid not null,
    actor_id uuid not null,
    correlation uuid not null,
    fingerprint bytea not null,
    actor_role "char" not null,
    constraint commits_pkey primary key (first_position) with (fillfactor = 100),
    constraint commits_command_id_key unique (command_id),
    constraint commits_positions_check check (last_position >= first_position)
);

comment on table commits is 'what one command wrote: append-only';
comment on column commits.recorded_at is 'the clock of the log: never goes back from one commit to the next';
comment on column commits.actor_role is 'm(ember), o(perator) or s(ervice)';
