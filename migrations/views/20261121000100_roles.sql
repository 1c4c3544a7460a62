-- The roles that touch the views database. Roles belong to the whole cluster, so another database's migrations may
-- have made them already, or may be making them at this moment. Passwords are set by whoever provisions.
do $$
declare
    role_name text;
begin
    foreach role_name in array array['jangbu_owner', 'jangbu_projector', 'jangbu_reader'] loop
        begin
            if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
                execute format('create role %I login', role_name);
            end if;
        exception when duplicate_object or unique_violation then
            null;
        end;
    end loop;
    -- The projector owns the tables of every generation; the owner prepares the first one on its behalf.
    begin
        if not pg_catalog.pg_has_role('jangbu_owner', 'jangbu_projector', 'member') then
            grant jangbu_projector to jangbu_owner;
        end if;
    exception when duplicate_object or unique_violation then
        null;
    end;
end
$$;

do $$
begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to jangbu_owner, jangbu_projector, jangbu_reader', current_database());
    -- Each generation of a view lives in a schema of its own.
    execute format('grant create on database %I to jangbu_projector, jangbu_owner', current_database());

    execute format('alter role jangbu_reader in database %I set default_transaction_read_only = on', current_database());
    execute format('alter role jangbu_reader in database %I set statement_timeout = %L', current_database(), '5s');
    execute format('alter role jangbu_reader in database %I set lock_timeout = %L', current_database(), '2s');
    execute format('alter role jangbu_reader in database %I set idle_in_transaction_session_timeout = %L', current_database(), '10s');

    execute format('alter role jangbu_projector in database %I set statement_timeout = %L', current_database(), '60s');
    execute format('alter role jangbu_projector in database %I set lock_timeout = %L', current_database(), '10s');
    execute format('alter role jangbu_projector in database %I set idle_in_transaction_session_timeout = %L', current_database(), '30s');
end
$$;
