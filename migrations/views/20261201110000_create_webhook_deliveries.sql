-- What the webhook sender keeps: which webhooks there are, what is to be sent to each, and every attempt. It lies beside the views because
-- the query server reads it, but it is no view: that something was delivered is in no log. So its role waits for the disk, and the cursor
-- stands beside the rows that were made up to it.
do $$
begin
    if not exists (select from pg_roles where rolname = 'jangbu_webhooks') then
        begin
            create role jangbu_webhooks login;
        exception when duplicate_object or unique_violation then
            null; -- made by another database just now
        end;
    end if;
end $$;

do $$
declare
    here text := current_database();
begin
    execute format('grant connect on database %I to jangbu_webhooks', here);
    execute format('alter role jangbu_webhooks in database %I set statement_timeout = %L', here, '10s');
    execute format('alter role jangbu_webhooks in database %I set lock_timeout = %L', here, '5s');
    execute format('alter role jangbu_webhooks in database %I set idle_in_transaction_session_timeout = %L', here, '3s');
    execute format('alter role jangbu_webhooks in database %I set synchronous_commit = on', here);
end $$;

create schema webhooks;

create table webhooks.cursor (
    singleton boolean primary key default true check (singleton),
    epoch bigint not null default 0 check (epoch >= 0),
    holder text not null,
    log_id uuid not null,
    position bigint not null check (position >= 0),
    command_id uuid,
    recorded_at timestamptz,
    deliver_since timestamptz not null,
    check ((position = 0) = (command_id is null) and (command_id is null) = (recorded_at is null))
) with (fillfactor = 50);

comment on table webhooks.cursor is 'how far the sender has followed the log, and who sends';
comment on column webhooks.cursor.epoch is 'counts who sends: one that was thought dead writes nothing any more';
comment on column webhooks.cursor.command_id is 'the commit that ends at position; null before the first one';
comment on column webhooks.cursor.deliver_since is 'nothing is sent of what was recorded before then, but what a webhook asks for';

create table webhooks.endpoints (
    webhook_id uuid primary key,
    owner_role text not null,
    owner_id uuid not null,
    url text not null,
    filter text[] not null,
    secrets jsonb not null,
    wanted text not null check (wanted in ('enabled', 'disabled', 'deleted')),
    failing_since timestamptz,
    paused_until timestamptz,
    stopped_at timestamptz,
    stopped_because text check (stopped_because in ('failing', 'gone')),
    check ((stopped_at is null) = (stopped_because is null))
) with (fillfactor = 50);

comment on table webhooks.endpoints is 'every webhook, as the log and the attempts tell of it';
comment on column webhooks.endpoints.secrets is 'the numbers of the secrets that sign, each with the time from which on it does not';
comment on column webhooks.endpoints.wanted is 'what its owner wants';
comment on column webhooks.endpoints.failing_since is 'since when every attempt has failed';
comment on column webhooks.endpoints.paused_until is 'an answer asked that nothing is sent before then';
comment on column webhooks.endpoints.stopped_at is 'since when nothing is sent, whatever its owner wants, until it is enabled again';

create table webhooks.deliveries (
    delivery_id uuid primary key,
    webhook_id uuid not null,
    event_id uuid not null,
    position bigint not null,
    number integer not null,
    type text not null,
    line text not null,
    payload text not null,
    status text not null default 'pending' check (status in ('pending', 'delivered', 'failed', 'dropped')),
    round integer not null default 0,
    tries integer not null default 0,
    attempts jsonb not null default '[]',
    next_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    settled_at timestamptz,
    check ((status = 'pending') = (settled_at is null)),
    check (status = 'pending' or next_at is null)
) with (fillfactor = 70);

comment on table webhooks.deliveries is 'the sending of one event to one webhook';
comment on column webhooks.deliveries.position is 'of the recorded event; number tells those apart that were made from one';
comment on column webhooks.deliveries.type is 'the type of the public event, by its short name';
comment on column webhooks.deliveries.line is 'what is kept in order: the partition key of the event';
comment on column webhooks.deliveries.payload is 'the body that is sent: the CloudEvent. No personal data';
comment on column webhooks.deliveries.status is 'failed: after the last attempt; dropped: the webhook was disabled or deleted before';
comment on column webhooks.deliveries.round is 'counts how often it was asked for again';
comment on column webhooks.deliveries.tries is 'failed attempts of this round';
comment on column webhooks.deliveries.attempts is 'the last attempts of all rounds: at, status, duration_ms, error, response_start';
comment on column webhooks.deliveries.next_at is 'when it is tried next; null while it waits for an earlier one of its line';

create unique index deliveries_once on webhooks.deliveries (webhook_id, event_id);
create index deliveries_due on webhooks.deliveries (webhook_id, next_at) where status = 'pending';
create index deliveries_line on webhooks.deliveries (webhook_id, line, position, number) where status = 'pending';
create index deliveries_listed on webhooks.deliveries (webhook_id, created_at, delivery_id);
create index deliveries_settled on webhooks.deliveries (settled_at) where status <> 'pending';

create table webhooks.recoveries (
    webhook_id uuid not null,
    asked bigint not null,
    since timestamptz not null,
    begun boolean not null default false,
    position bigint not null default 0,
    command_id uuid,
    recorded_at timestamptz,
    primary key (webhook_id, asked),
    check ((position = 0) = (command_id is null) and (command_id is null) = (recorded_at is null))
);

comment on table webhooks.recoveries is 'what is read again for a webhook, from since up to where it was asked for; gone when it is done';
comment on column webhooks.recoveries.asked is 'the position of the event that asks for it';
comment on column webhooks.recoveries.begun is 'whether the place in the log was found that since names';

grant usage on schema webhooks to jangbu_webhooks, jangbu_reader;
grant select, insert, update on webhooks.cursor, webhooks.endpoints to jangbu_webhooks;
grant select, insert, update, delete on webhooks.deliveries, webhooks.recoveries to jangbu_webhooks;
grant select on webhooks.cursor, webhooks.deliveries to jangbu_reader;
grant select (webhook_id, wanted, failing_since, paused_until, stopped_at, stopped_because) on webhooks.endpoints to jangbu_reader;
