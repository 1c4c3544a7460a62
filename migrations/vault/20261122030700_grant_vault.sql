-- The command server keeps the vault; the query server reads keys and revocations, and can neither test a password nor
-- make a code.
grant usage on schema vault to jangbu_vault, jangbu_vault_reader;

grant select on vault.data_keys, vault.revocations to jangbu_vault_reader;

grant select, insert, update, delete
    on vault.data_keys, vault.pending_passwords, vault.credentials, vault.sessions, vault.refresh_tokens, vault.messages
    to jangbu_vault;
grant select, insert, delete on vault.revocations to jangbu_vault;
grant select, insert on vault.secret, vault.certificates to jangbu_vault;
grant select, insert, update on vault.message_cursor to jangbu_vault;
