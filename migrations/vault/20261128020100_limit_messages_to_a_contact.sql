-- At most so many messages reach one contact. A row for each message that was queued for one: how many there were in the last
-- hour and day, and which codes were sent. Names and addresses stand here as keyed hashes only.
create table vault.contact_messages (
    position bigint primary key,
    contact uuid not null,
    origin uuid,
    subject uuid,
    serial bigint,
    queued_at timestamptz not null
);

comment on column vault.contact_messages.position is 'of the event that asked for it';
comment on column vault.contact_messages.contact is 'the reservation stream of the contact: a keyed hash';
comment on column vault.contact_messages.origin is 'who caused it: a keyed hash of an address, or a member';
comment on column vault.contact_messages.subject is 'the sign-up or member whose code it was; null for a notice';

create index contact_messages_contact on vault.contact_messages (contact, queued_at);
create index contact_messages_subject on vault.contact_messages (subject) where subject is not null;
create index contact_messages_age on vault.contact_messages (queued_at);

grant select, insert, delete on vault.contact_messages to jangbu_vault;

-- Where a sign-up came from, for charging the messages it causes; and whether it lost its contact to a member.
alter table vault.pending_passwords add column origin uuid, add column ended boolean not null default false;
