-- The role of the auditor: it reads the log, and writes what it has proven. Roles belong to the whole cluster: another database
-- may have made it already, or be making it at this moment. Its password is given by whoever provisions the server.
do $$
begin
    if not exists (select from pg_roles where rolname = 'jangbu_auditor') then
        begin
            create role jangbu_auditor login;
        exception when duplicate_object or unique_violation then
            null; -- made by another database just now
        end;
    end if;
    if exists (select from pg_roles where rolname = 'jangbu_auditor' and rolconfig is not null) then
        return; -- what an operator has set stays
    end if;
    begin
        alter role jangbu_auditor set statement_timeout = '10s';
        alter role jangbu_auditor set lock_timeout = '4s';
        alter role jangbu_auditor set idle_in_transaction_session_timeout = '3s';
    exception
        when insufficient_privilege then
            raise notice 'the timeouts of role jangbu_auditor are left as they are: no right to set them';
        when internal_error then
            null; -- "tuple concurrently updated": another database is setting the same just now
    end;
end $$;

-- Where `connect` was taken from public, each role needs it by name.
do $$
begin
    if not has_database_privilege('jangbu_auditor', current_database(), 'connect') then
        execute format('grant connect on database %I to jangbu_auditor', current_database());
    end if;
end $$;
