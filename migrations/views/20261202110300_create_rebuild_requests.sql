-- Rebuilds that operators ask the projector for. A projector carries out what is not done; one that starts anew goes on with it.
create table registry.rebuild_requests (
    id bigint generated always as identity primary key,
    view text not null check (view <> ''),
    who text not null check (who <> ''),
    reason text not null check (reason <> ''),
    promotes boolean not null,
    restarts boolean not null,
    requested_at timestamptz not null default clock_timestamp(),
    tried_at timestamptz,
    ended_at timestamptz,
    progress jsonb,
    outcome jsonb,
    error text,
    check ((ended_at is null) or (outcome is not null) <> (error is not null))
) with (fillfactor = 70);

comment on table registry.rebuild_requests is 'what was asked of the projector; registry.audit says what was done';
comment on column registry.rebuild_requests.promotes is 'whether the new generation becomes live if it is equal to the live one';
comment on column registry.rebuild_requests.restarts is 'whether what an earlier rebuild made is dropped first; false once it was';
comment on column registry.rebuild_requests.tried_at is 'when a projector last worked on it';
comment on column registry.rebuild_requests.progress is 'how far it is, as last written by the projector that works on it';
comment on column registry.rebuild_requests.outcome is 'what came of it, with the comparison';
comment on column registry.rebuild_requests.error is 'why it was given up';

create unique index one_open_rebuild_request on registry.rebuild_requests (view) where ended_at is null;
create index rebuild_requests_of_a_view on registry.rebuild_requests (view, id);

grant select, insert, update on registry.rebuild_requests to jangbu_projector;
