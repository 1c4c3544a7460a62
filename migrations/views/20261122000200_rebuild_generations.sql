-- What a rebuild must remember to go on after it was killed, and what operators did to the views and why.

alter table registry.generations
    add column kind text not null default 'main' check (kind in ('main', 'side')),
    add column fence bigint check (fence >= 0),
    add column started_by text,
    add column deferred text[] not null default '{}',
    add column compared_position bigint,
    add column failure text,
    add column heartbeat_at timestamptz,
    add column parking bigint not null default 0,
    add constraint side_generations_are_never_live check (kind = 'main' or state not in ('live', 'retired'));
comment on column registry.generations.kind is 'main: may become live; side: a view as it was, for operators to look at.';
comment on column registry.generations.fence is 'Where the bulk load ends; a side generation ends there for good.';
comment on column registry.generations.deferred is 'The indexes and constraints that are still to be made, in this order.';
comment on column registry.generations.compared_position is 'Where it was last found equal to the live generation.';
comment on column registry.generations.failure is 'Why its making ended.';
comment on column registry.generations.heartbeat_at is 'When whoever makes it was last heard of.';
comment on column registry.generations.parking is 'Raised whenever keys are parked or lifted: a writer that knows another number reads them again.';

-- One at a time is made of each view; whoever makes it also holds an advisory lock.
create unique index one_generation_in_the_making on registry.generations (view)
    where state in ('building', 'indexing', 'tailing', 'comparing');

-- The ranges of the log that a bulk load is cut into: each is written, and marked as done, in one transaction.
create table registry.ranges (
    view text not null,
    generation integer not null,
    after_position bigint not null,
    to_position bigint not null,
    recorded_at timestamptz,
    done_at timestamptz,
    primary key (view, generation, after_position),
    foreign key (view, generation) references registry.generations on delete cascade,
    check (to_position > after_position)
);
comment on column registry.ranges.recorded_at is 'When the last commit of the range was recorded; known when it is done.';

-- A view that is paused is not moved; what it lacks is told as its lag.
alter table registry.views
    add column paused_at timestamptz,
    add column paused_by text,
    add column pause_reason text;

-- Keys that were taken aside because an event of theirs cannot be applied, and the events that wait behind it. An event
-- is put aside in the transaction that moves the checkpoint past it; the events themselves are in the log.
create table registry.parked_keys (
    view text not null,
    generation integer not null,
    key text not null,
    position bigint not null,
    reason text not null,
    parked_by text not null,
    parked_at timestamptz not null default clock_timestamp(),
    error text,
    tried_at timestamptz,
    primary key (view, generation, key),
    foreign key (view, generation) references registry.generations on delete cascade
);
comment on column registry.parked_keys.error is 'Why the last try to apply its events failed.';

create table registry.parked_events (
    view text not null,
    generation integer not null,
    key text not null,
    position bigint not null,
    commit_position bigint not null,
    primary key (view, generation, key, position),
    foreign key (view, generation, key) references registry.parked_keys on delete cascade
);
comment on column registry.parked_events.commit_position is 'The first position of its commit: the log is read there.';

-- What operators did, and why.
create table registry.audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    who text not null check (who <> ''),
    what text not null,
    view text,
    generation integer,
    reason text not null check (reason <> ''),
    details jsonb not null default '{}'
);
comment on table registry.audit is 'append-only';

create function registry.refuse_rewriting() returns trigger language plpgsql as $$
begin
    raise exception '% on registry.audit is refused: what was done stays written down', tg_op
        using errcode = 'restrict_violation';
end
$$;
create trigger append_only before update or delete or truncate on registry.audit
    for each statement execute function registry.refuse_rewriting();

create or replace view registry.live_positions as
    select view, generation, version, log_id, position, recorded_at,
        case when stuck_since is null then 'live' else 'stuck' end as state,
        error, error_position, error_type, stuck_since, updated_at,
        (select v.paused_at from registry.views as v where v.view = g.view) as paused_at,
        (select count(*) from registry.parked_keys as k
         where (k.view, k.generation) = (g.view, g.generation)) as parked_keys,
        (select count(*) from registry.parked_events as e
         where (e.view, e.generation) = (g.view, g.generation)) as parked_events
    from registry.generations as g
    where state = 'live';

grant select on registry.ranges, registry.parked_keys, registry.parked_events to jangbu_reader;
grant select, insert, update, delete on registry.ranges, registry.parked_keys, registry.parked_events
    to jangbu_projector;
grant select, insert on registry.audit to jangbu_projector;

-- `jangbu views query` reads a generation with the rights of a reader.
do $$
begin
    if not pg_catalog.pg_has_role('jangbu_owner', 'jangbu_reader', 'member') then
        grant jangbu_reader to jangbu_owner;
    end if;
exception
    when duplicate_object or unique_violation or insufficient_privilege then
        null;
end
$$;
