-- What follows from events, over time: each process has a cursor, and an instance for each thing that it sees through.
-- Both stand beside the log that they are made from, so that a restored log brings its own back with it.
create table process_leader (
    singleton boolean primary key default true check (singleton),
    epoch bigint not null check (epoch > 0),
    holder text not null check (holder <> ''),
    renewed_at timestamptz not null
);

comment on table process_leader is 'which server runs the processes; a write of an older epoch changes nothing';

create table process_cursors (
    process text primary key check (process <> ''),
    position bigint not null check (position >= 0)
);

comment on table process_cursors is 'up to which position each process has taken in the events that it follows';

create table process_instances (
    process text not null check (process <> ''),
    instance uuid not null,
    state text not null check (state in ('running', 'waiting', 'stuck', 'done')),
    due timestamptz,
    data jsonb not null,
    tries integer not null default 0 check (tries >= 0),
    error text,
    note text,
    started_at timestamptz not null,
    changed_at timestamptz not null,
    primary key (process, instance),
    check (state in ('running', 'waiting') or due is null),
    check (state <> 'running' or due is not null),
    check (state <> 'stuck' or error is not null)
);

comment on table process_instances is 'one row for each thing that a process sees through; the log says the same, but for tries and error';
comment on column process_instances.due is 'when its next step is to be tried; a waiting instance without it waits for an event';
comment on column process_instances.tries is 'how often the step failed since it last succeeded';
comment on column process_instances.error is 'why the step failed last; an instance that is stuck waits for an operator';

comment on column process_instances.note is 'who last had it try again, when, and why';

create index process_instances_due on process_instances (process, due) where due is not null;
create index process_instances_id on process_instances (instance);
create index process_instances_state on process_instances (state, process, changed_at);

grant select, insert, update on process_leader, process_cursors to jangbu_writer;
grant select, insert, update, delete on process_instances to jangbu_writer;
grant select on process_leader, process_cursors, process_instances to jangbu_reader;
