-- A log that was restored from a backup gives its positions out again: the row of a message of the lost history is replaced.
grant update on vault.contact_messages to jangbu_vault;
