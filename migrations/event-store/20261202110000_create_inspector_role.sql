-- The role with which the query server reads the log itself, for operators. Every other read of that server goes by views, so the role
-- that it has for them sees no event. Roles belong to the whole cluster: another database may have made it already, or be making it at
-- this moment. Its password is given by whoever provisions the server.
do $$
begin
    if not exists (select from pg_roles where rolname = 'jangbu_inspector') then
        begin
            create role jangbu_inspector login;
        exception when duplicate_object or unique_violation then
            null; -- made by another database just now
        end;
    end if;
end $$;

do $$
declare
    here text := current_database();
begin
    -- Where `connect` was taken from public, each role needs it by name.
    if not has_database_privilege('jangbu_inspector', here, 'connect') then
        execute format('grant connect on database %I to jangbu_inspector', here);
    end if;
    execute format('alter role jangbu_inspector in database %I set statement_timeout = %L', here, '5s');
    execute format('alter role jangbu_inspector in database %I set lock_timeout = %L', here, '2s');
    execute format('alter role jangbu_inspector in database %I set idle_in_transaction_session_timeout = %L', here, '3s');
    execute format('alter role jangbu_inspector in database %I set default_transaction_read_only = on', here);
end $$;

grant usage on schema public to jangbu_inspector;
grant select on log_head, log_commits, log_commands, log_streams to jangbu_inspector;
