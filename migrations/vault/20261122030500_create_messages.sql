-- Messages that events ask for and that wait to be sent: one for each position, ever, because the cursor moves in the
-- transaction that queues them.
create table vault.messages (
    position bigint primary key,
    member_id uuid not null references vault.data_keys on delete cascade,
    channel text not null,
    contact text not null,
    stream_id uuid not null,
    version bigint not null,
    field text not null,
    notice text not null,
    subject uuid,
    serial bigint,
    until timestamptz,
    due_at timestamptz not null default '-infinity',
    attempts integer not null default 0,
    reason text
);

comment on column vault.messages.contact is 'sealed, as it stands in the event';
comment on column vault.messages.due_at is 'not before; while a message is being sent, the end of the lease';
comment on column vault.messages.reason is 'why it could not be sent the last time';

create index messages_due on vault.messages (due_at);
create index messages_member on vault.messages (member_id);

-- How far the events have been worked off. The row is made by the first server that opens the vault.
create table vault.message_cursor (
    singleton boolean primary key default true check (singleton),
    position bigint not null check (position >= 0)
) with (fillfactor = 50);
