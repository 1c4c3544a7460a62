-- What the auditor has proven of the log, and what it found wrong. An alarm stops every append until an operator has
-- acknowledged it: the statement that appends moves the head only while nothing stops it.
create table audit_progress (
    auditor text primary key check (auditor <> ''),
    log_id uuid not null,
    position bigint not null check (position >= 0),
    recorded_at timestamptz,
    audited_at timestamptz not null,
    rechecked_position bigint check (rechecked_position >= 0),
    rechecked_at timestamptz,
    invariants jsonb not null,
    check ((rechecked_position is null) = (rechecked_at is null))
) with (fillfactor = 50);

comment on table audit_progress is 'how far each auditor has proven the log';
comment on column audit_progress.recorded_at is 'when the commit that ends at position was recorded';
comment on column audit_progress.rechecked_at is 'when all commits up to rechecked_position had been read again';
comment on column audit_progress.invariants is 'each rule, how much it was held against, and how often it was broken';

create table audit_alarms (
    id bigint generated always as identity primary key,
    log_id uuid not null,
    position bigint not null check (position >= 0),
    rule text not null check (rule <> ''),
    what text not null check (what <> ''),
    raised_by text not null check (raised_by <> ''),
    raised_at timestamptz not null default clock_timestamp(),
    acknowledged_at timestamptz,
    acknowledged_by text check (acknowledged_by <> ''),
    reason text check (reason <> ''),
    check ((acknowledged_at is null) = (acknowledged_by is null) and (acknowledged_at is null) = (reason is null))
);

comment on table audit_alarms is 'what broke a rule of the log, and who let appends go on after it, and why';

-- An auditor that begins anew finds the same again: it is one alarm.
create unique index audit_alarms_once on audit_alarms (log_id, position, rule, md5(what));
create index audit_alarms_open on audit_alarms (position) where acknowledged_at is null;

create trigger never_deleted before delete or truncate on audit_alarms
    for each statement execute function refuse_rewriting();

alter table log_head add column stopped_by bigint;

comment on column log_head.stopped_by is 'the alarm of the auditor that stops all appends; null while nothing does';

-- The one way to raise an alarm; null if it is known, or the log is another one by now. Appends that are under way are waited for.
create function raise_alarm(auditor text, audited_log uuid, found_at bigint, broken text, finding text) returns bigint
    language plpgsql security definer set search_path from current as $$
declare
    raised bigint;
begin
    if not exists (select from log_head where log_id = audited_log) then
        return null;
    end if;
    insert into audit_alarms (log_id, position, rule, what, raised_by)
    values (audited_log, found_at, broken, left(finding, 4000), auditor)
    on conflict do nothing
    returning id into raised;
    if raised is not null then
        update log_head set stopped_by = raised where stopped_by is null;
    end if;
    return raised;
end $$;

-- The one way to let appends go on. They do when no alarm is open any more.
create function acknowledge_alarm(alarm bigint, acknowledged text, because text) returns setof audit_alarms
    language plpgsql security definer set search_path from current as $$
declare
    written audit_alarms;
begin
    -- Before the alarm, as raise_alarm ends with it: an alarm that is raised meanwhile is seen below, or stops the log itself.
    perform from log_head for update;
    update audit_alarms
    set acknowledged_at = clock_timestamp(), acknowledged_by = acknowledged, reason = because
    where id = alarm and acknowledged_at is null
    returning * into written;
    if written.id is null then
        return;
    end if;
    update log_head set stopped_by = (select min(id) from audit_alarms where acknowledged_at is null);
    return next written;
end $$;

revoke all on function raise_alarm(text, uuid, bigint, text, text) from public;
revoke all on function acknowledge_alarm(bigint, text, text) from public;

grant usage on schema public to jangbu_auditor;
grant select on log_head, commits, events, log_adoptions to jangbu_auditor;
grant select, insert, update on audit_progress to jangbu_auditor;
grant select on audit_alarms to jangbu_auditor;
grant execute on function raise_alarm(text, uuid, bigint, text, text) to jangbu_auditor;
grant select on audit_progress, audit_alarms to jangbu_writer, jangbu_reader;
