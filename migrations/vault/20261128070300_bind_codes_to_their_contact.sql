-- The code of a change of contact followed from the member and a counter. A log that is restored sets the counter back, and
-- a code that was sent to one contact was right for another. It follows from the contact as well now; codes of messages that
-- an earlier build queued stay as they were.
alter table vault.messages add column code_contact uuid;
comment on column vault.messages.code_contact is 'the reservation stream of the contact that the code is bound to; null: to none';

alter table vault.contact_messages add column bound boolean not null default false;
comment on column vault.contact_messages.bound is 'whether the code is bound to the contact';
