-- The role of the webhook sender: it reads the key behind the secrets of webhooks, and nothing else of the vault. Roles belong to the
-- whole cluster: another database may have made it already, or be making it at this moment. Its password is given by whoever
-- provisions the server.
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
    execute format('alter role jangbu_webhooks in database %I set statement_timeout = %L', here, '3s');
    execute format('alter role jangbu_webhooks in database %I set lock_timeout = %L', here, '2s');
    execute format('alter role jangbu_webhooks in database %I set idle_in_transaction_session_timeout = %L', here, '5s');
    execute format('alter role jangbu_webhooks in database %I set default_transaction_read_only = on', here);
end $$;

grant usage on schema vault to jangbu_webhooks;

-- The key stands among the data keys under an id that is no member's, so that whatever is done with data keys when a key-encryption key
-- is rotated is done with it, too.
create view vault.webhook_key as
    select kek, wrapped from vault.data_keys where member_id = '6a616e67-6275-8077-a562-686f6f6b7301';

comment on view vault.webhook_key is 'the key behind the secrets of webhooks, wrapped; no row until the first webhook was created';

grant select on vault.webhook_key to jangbu_webhooks;
