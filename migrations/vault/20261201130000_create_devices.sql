-- Devices on which members are told of their money, and what they want to be told. Nothing of it is in the log: a token changes often, and
-- all of it goes with the member's data key.
create table vault.devices (
    member_id uuid not null references vault.data_keys on delete cascade,
    device_id uuid not null,
    platform text not null,
    token text not null,
    token_name uuid not null unique,
    masked text not null,
    locale text not null,
    zone text not null,
    registered_at timestamptz not null default clock_timestamp(),
    changed_at timestamptz not null default clock_timestamp(),
    primary key (member_id, device_id)
);

comment on column vault.devices.token is 'the push token, sealed';
comment on column vault.devices.token_name is 'a keyed hash of the token: it belongs to the member who registered it last';
comment on column vault.devices.masked is 'the end of the token, sealed: what its member is shown';
comment on column vault.devices.registered_at is 'events before it are not pushed to the device';

-- What a member wants to be told. Without a row: every push, no e-mail, no quiet hours.
create table vault.notification_preferences (
    member_id uuid primary key references vault.data_keys on delete cascade,
    push text[] not null,
    email text[] not null,
    quiet_from time,
    quiet_until time,
    changed_at timestamptz not null default clock_timestamp(),
    constraint notification_preferences_quiet_check check ((quiet_from is null) = (quiet_until is null))
);

comment on column vault.notification_preferences.quiet_from is 'by the clocks of each device''s zone';

create index notification_preferences_email on vault.notification_preferences (member_id) where email <> '{}';

-- Pushes that wait to be sent: one for each notification and device.
create table vault.pushes (
    push_id uuid not null,
    member_id uuid not null,
    device_id uuid not null,
    kind text not null,
    about text not null,
    happened_at timestamptz not null,
    until timestamptz not null,
    due_at timestamptz not null default '-infinity',
    attempts bigint not null default 0,
    reason text,
    primary key (member_id, device_id, push_id),
    constraint pushes_device_fkey foreign key (member_id, device_id) references vault.devices on delete cascade
);

comment on column vault.pushes.about is 'what its words need, such as an amount';
comment on column vault.pushes.until is 'after this it is not worth sending';
comment on column vault.pushes.due_at is 'not before; while a push is being sent, the end of the lease';
comment on column vault.pushes.reason is 'why it could not be sent the last time';

create index pushes_due on vault.pushes (due_at);

-- How far the log was followed for notifications. It moves in the transaction that queues them, and begins at the end that the log has
-- when a server first looks.
create table vault.notification_cursor (
    singleton boolean primary key default true check (singleton),
    position bigint not null check (position >= 0)
) with (fillfactor = 50);

-- Messages that tell of money or of a log-in are numbered here, below zero: the position of an event is the number of the message that the
-- event asks for, and one transfer may be told to many.
create sequence vault.notice_numbers as bigint increment by -1 start with -1;

-- The commands on devices and preferences that were carried out, or refused: the log does not have them.
create table vault.device_commands (
    command_id uuid primary key,
    member_id uuid not null references vault.data_keys on delete cascade,
    fingerprint bytea not null check (length(fingerprint) = 16),
    refused boolean not null
);

comment on column vault.device_commands.fingerprint is 'what was asked for, as a keyed hash';
comment on column vault.device_commands.refused is 'the member had as many devices as there may be';

create index device_commands_member on vault.device_commands (member_id);

grant select, insert, update, delete on vault.devices, vault.notification_preferences, vault.pushes to jangbu_vault;
grant select, insert, update on vault.notification_cursor to jangbu_vault;
grant select, insert on vault.device_commands to jangbu_vault;
grant usage on sequence vault.notice_numbers to jangbu_vault;

-- A member may see their devices. The query server never needs a token.
grant select (member_id, device_id, platform, masked, locale, zone, registered_at, changed_at)
    on vault.devices to jangbu_vault_reader;
grant select on vault.notification_preferences to jangbu_vault_reader;
