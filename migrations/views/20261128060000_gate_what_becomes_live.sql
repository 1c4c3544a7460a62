-- One gate for every way of becoming live. A generation that is not the first of its view becomes live only in a
-- transaction that has written a row of registry.promotions, and that row is refused where the generation must not become
-- live: whoever promotes, by whatever program, passes here.

create table registry.promotions (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    transaction_id xid8 not null default pg_current_xact_id(),
    view text not null,
    generation integer not null,
    instead_of integer not null,
    log_id uuid not null,
    head bigint not null check (head >= 0),
    version integer not null,
    abandon_live boolean not null default false,
    position bigint not null default 0,
    what text not null check (what <> ''),
    who text not null check (who <> ''),
    reason text not null check (reason <> '')
);
comment on table registry.promotions is 'Which generation became live instead of which, and what was known then. Append-only.';
comment on column registry.promotions.log_id is 'The log, as the promoting program read it in this attempt; head is where it ended.';
comment on column registry.promotions.version is 'The version of the view that the promoting program knows.';
comment on column registry.promotions.abandon_live is 'That the operator gave up a live generation of another history.';
comment on column registry.promotions.position is 'Where the generation stood; set by the gate.';

create index promotions_of_transactions on registry.promotions (transaction_id);

-- Why a generation must not become live instead of the live one; no row if it may. The code `behind` means: not yet, it can
-- be brought level.
create function registry.why_not_live(
    of_view text, of_generation integer, of_log uuid, of_head bigint, known_version integer, give_up_live boolean
) returns table (code text, why text, advice text) language plpgsql stable as $$
declare
    g registry.generations;
    l registry.generations;
    sound boolean;
    found_key text;
    found_position bigint;
begin
    select * into g from registry.generations where view = of_view and generation = of_generation;
    if not found or g.kind <> 'main' or g.state not in ('ready', 'retired') then
        return query select 'state', format('it is %s', coalesce(g.state, 'absent')),
            format('`jangbu views show %s` lists the generations; one that is ready or retired can become live', of_view);
        return;
    end if;
    if g.version <> known_version then
        return query select 'version',
            format('it was made by version %s of the view, this program has version %s', g.version, known_version),
            format('use the `jangbu` of version %s, or rebuild: `jangbu views rebuild %s`', g.version, of_view);
        return;
    end if;
    if g.log_id is distinct from of_log then
        return query select 'history', format('it was made from log %s, the log here is %s', g.log_id, of_log),
            format('check both database URLs; if the log is the right one: `jangbu views rebuild %s`', of_view);
        return;
    end if;
    if g.position > of_head then
        return query select 'ahead',
            format('it is at position %s, ahead of the log, which ends at %s', g.position, of_head),
            format('it shows what the log does not hold; rebuild: `jangbu views rebuild %s`', of_view);
        return;
    end if;
    if to_jsonb(g) ->> 'other_history' is not null then
        return query select 'history', format('it is of another history: %s', to_jsonb(g) ->> 'other_history'),
            format('rebuild it from the log: `jangbu views rebuild %s`', of_view);
        return;
    end if;
    select * into l from registry.generations where view = of_view and state = 'live';
    if not found then
        return;
    end if;
    -- One that nobody has moved yet is of no log.
    sound := coalesce(l.log_id, of_log) = of_log and l.position <= of_head and to_jsonb(l) ->> 'other_history' is null;
    if not sound and not give_up_live then
        return query select 'live',
            format('the live generation %s is of another history, or ahead of the log', l.generation),
            format('check both database URLs; if the log is the right one: `jangbu views rebuild %s --abandon-live`', of_view);
        return;
    end if;
    select k.key into found_key from registry.parked_keys as k
    where k.view = of_view and k.generation = g.generation
        and not exists (select from registry.parked_keys as o
            where o.view = of_view and o.generation = l.generation and o.key = k.key)
    order by k.key limit 1;
    if found then
        return query select 'parked', format('its key %s is parked, and in the live generation it is not', found_key),
            format('what it shows of that key is older; rebuild: `jangbu views rebuild %s`', of_view);
        return;
    end if;
    select e.position into found_position from registry.parked_events as e
    where e.view = of_view and e.generation = g.generation
        and not exists (select from registry.parked_events as o
            where o.view = of_view and o.generation = l.generation and o.position = e.position)
    order by e.position limit 1;
    if found then
        return query select 'parked',
            format('it has not applied the event at position %s, the live generation has', found_position),
            format('what it shows of that key is older; rebuild: `jangbu views rebuild %s`', of_view);
        return;
    end if;
    if sound and g.position < l.position then
        return query select 'behind',
            format('it is at position %s, the live generation at %s', g.position, l.position),
            format('`jangbu views promote %s --generation %s` brings it level first', of_view, g.generation);
    end if;
end
$$;

create function registry.check_promotion() returns trigger language plpgsql as $$
declare
    refusal record;
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
    new.transaction_id := pg_current_xact_id();
    new.position := (select position from registry.generations
        where view = new.view and generation = new.generation);
    return new;
end
$$;
create trigger gate before insert on registry.promotions for each row execute function registry.check_promotion();

create function registry.refuse_ungated() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        -- The first generation of a view replaces none.
        if not exists (select from registry.generations where view = new.view) then
            return new;
        end if;
    elsif exists (select from registry.promotions as p
            where p.transaction_id = pg_current_xact_id() and p.view = new.view and p.generation = new.generation
                and p.position = new.position) then
        return new;
    end if;
    raise exception 'generation % of view % cannot become live past the gate', new.generation, new.view
        using errcode = 'JG001', hint = format('use `jangbu views promote %s` of the build that these tables are of', new.view);
end
$$;
create trigger live_by_the_gate before update on registry.generations
    for each row when (new.state = 'live' and old.state <> 'live') execute function registry.refuse_ungated();
create trigger live_at_first before insert on registry.generations
    for each row when (new.state = 'live') execute function registry.refuse_ungated();

create function registry.refuse_rewriting_promotions() returns trigger language plpgsql as $$
begin
    raise exception '% on registry.promotions is refused: what was done stays written down', tg_op
        using errcode = 'restrict_violation';
end
$$;
create trigger append_only before update or delete or truncate on registry.promotions
    for each statement execute function registry.refuse_rewriting_promotions();

grant select on registry.promotions to jangbu_reader;
grant select, insert on registry.promotions to jangbu_projector;
