-- A generation that differs from the live one becomes live only by somebody who was shown the differences and accepts them. Where a second operator
-- has to approve that, the approval is in the log: here stands what the projector makes of it.

alter table registry.generations add column differences bigint, add column fingerprint text;
comment on column registry.generations.differences is 'in how many rows it was found to differ from the live one; null if it was not';
comment on column registry.generations.fingerprint is 'which rows these are, and in which columns they differ';

alter table registry.promotions add column differences bigint, add column fingerprint text, add column approval_id uuid;
comment on column registry.promotions.differences is 'in how many rows it differed, which was accepted; null if it did not differ';
comment on column registry.promotions.fingerprint is 'which differences were accepted';
comment on column registry.promotions.approval_id is 'the approval of a second operator; one promotion for each';
create unique index one_promotion_of_an_approval on registry.promotions (approval_id) where approval_id is not null;

create or replace function registry.check_promotion() returns trigger language plpgsql as $$
declare
    refusal record;
    found_fingerprint text;
begin
    -- Both rows stand still from here to the end of the transaction.
    perform from registry.generations
    where view = new.view and (generation in (new.generation, new.instead_of) or state = 'live')
    order by generation for update;
    if not exists (select from registry.generations
            where view = new.view and generation = new.instead_of and state = 'live') then
        raise exception 'generation % is no longer the live one', new.instead_of
            using errcode = 'JG002', hint = 'the same command looks again';
    end if;
    select * into refusal from registry.why_not_live(
        new.view, new.generation, new.log_id, new.head, new.version, new.abandon_live);
    if found then
        raise exception '%', refusal.why
            using errcode = case refusal.code when 'behind' then 'JG002' else 'JG001' end, hint = refusal.advice;
    end if;
    select fingerprint into found_fingerprint from registry.generations
    where view = new.view and generation = new.generation;
    if found_fingerprint is not null and found_fingerprint is distinct from new.fingerprint then
        raise exception 'it was found to differ from the live generation, and these differences were not accepted'
            using errcode = 'JG001', hint = format('rebuild it: `jangbu views rebuild %s`', new.view);
    end if;
    new.transaction_id := pg_current_xact_id();
    new.position := (select position from registry.generations
        where view = new.view and generation = new.generation);
    return new;
end
$$;

-- Promotions that operators asked for and that a second one has to approve, as the log says. The projector that follows the log writes them, and carries
-- out those that were approved.
create table registry.promotion_requests (
    approval_id uuid primary key,
    view text not null check (view <> ''),
    generation integer not null,
    differences bigint not null,
    fingerprint text not null,
    requested_by uuid not null,
    requested_by_name text not null,
    reason text not null,
    requested_at timestamptz not null,
    expires_at timestamptz not null,
    approved_by_name text,
    approved_at timestamptz,
    approved_position bigint,
    ended_at timestamptz,
    outcome text check (outcome in ('promoted', 'refused', 'rejected', 'withdrawn')),
    error text,
    check ((ended_at is null) = (outcome is null)),
    check (error is null or outcome = 'refused')
);

comment on table registry.promotion_requests is 'promotions of generations that differ; the log says who asked and who approved';
comment on column registry.promotion_requests.approved_position is 'where the log says that it was approved; looked up once more before it is done';
comment on column registry.promotion_requests.outcome is 'promoted; refused by the projector after it was approved; rejected or withdrawn by an operator';
comment on column registry.promotion_requests.error is 'why the projector refused it';

create index promotion_requests_of_a_view on registry.promotion_requests (view, requested_at);
create index approved_promotion_requests on registry.promotion_requests (approved_at) where approved_at is not null and ended_at is null;

-- Up to where the log was read for them.
create table registry.promotions_followed (
    only_one boolean primary key default true check (only_one),
    position bigint not null check (position >= 0)
);
comment on table registry.promotions_followed is 'up to where the log was read for approvals of promotions';

grant select, insert, update on registry.promotion_requests, registry.promotions_followed to jangbu_projector;
grant select on registry.promotion_requests to jangbu_reader;
