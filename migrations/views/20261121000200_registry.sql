-- The registry: which generations of which views there are, and how far each of them is.
create schema registry;

create table registry.views (
    view text primary key check (view ~ '^[a-z][a-z0-9_]{0,40}$'),
    created_at timestamptz not null default clock_timestamp()
);
comment on table registry.views is 'Every view that ever had a generation. Its row is locked to change which generation is live.';

-- One row is one physical copy of a view's tables and, at the same time, its checkpoint: position moves in the
-- transaction that changes the tables, so the two can never disagree.
create table registry.generations (
    view text not null references registry.views,
    generation integer not null check (generation > 0),
    version integer not null check (version > 0),
    schema_name text not null unique,
    tables text[] not null,
    state text not null
        check (state in ('building', 'indexing', 'tailing', 'comparing', 'ready', 'live', 'retired', 'failed')),
    log_id uuid,
    position bigint not null default 0 check (position >= 0),
    recorded_at timestamptz,
    stuck_since timestamptz,
    error text,
    error_position bigint,
    error_type text,
    created_at timestamptz not null default clock_timestamp(),
    promoted_at timestamptz,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (view, generation),
    check (log_id is not null or position = 0),
    check ((stuck_since is null) = (error is null))
) with (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
comment on column registry.generations.tables is 'The tables that readers see through schema live while this generation is live.';
comment on column registry.generations.log_id is 'The log that position counts in; null until the first projector binds it.';
comment on column registry.generations.recorded_at is 'When the last applied commit was recorded, by the log''s clock.';
comment on column registry.generations.stuck_since is 'Since when an event cannot be applied; error, error_position and error_type tell which.';

create unique index one_live_generation on registry.generations (view) where state = 'live';

-- A position that went backwards would apply events twice.
create function registry.refuse_backwards() returns trigger language plpgsql as $$
begin
    raise exception 'generation % of view % cannot go back from position % to %',
        old.generation, old.view, old.position, new.position using errcode = 'restrict_violation';
end
$$;
create trigger never_backwards before update on registry.generations
    for each row when (new.position < old.position or (old.log_id is not null and new.log_id is distinct from old.log_id))
    execute function registry.refuse_backwards();

-- What readers ask: how far the live generation of each view is. Read it in the same statement as the data.
create view registry.live_positions as
    select view, generation, version, log_id, position, recorded_at,
        case when stuck_since is null then 'live' else 'stuck' end as state,
        error, error_position, error_type, stuck_since, updated_at
    from registry.generations
    where state = 'live';

-- The live tables: one SQL view for each table of each live generation, replaced in the promoting transaction.
create schema live;

-- The convention for those who wait: the transaction that moves a checkpoint also notifies channel `view_advanced` with
-- the text `<view>:<generation>:<position>`. It is a hint; the position in the registry is the truth.

grant usage on schema registry, live to jangbu_reader, jangbu_projector;
grant select on registry.views, registry.generations, registry.live_positions to jangbu_reader;
grant select, insert, update, delete on registry.views, registry.generations to jangbu_projector;
grant select on registry.live_positions to jangbu_projector;
grant create on schema live to jangbu_projector;
alter default privileges for role jangbu_projector in schema live grant select on tables to jangbu_reader;
