-- The role of the publisher: it reads the log, and writes nothing: how far it has come stands in the stream. Roles belong to the whole
-- cluster: another database may have made it already, or be making it at this moment. Its password is given by whoever provisions the server.
do $$
begin
    if not exists (select from pg_roles where rolname = 'jangbu_publisher') then
        begin
            create role jangbu_publisher login;
        exception when duplicate_object or unique_violation then
            null; -- made by another database just now
        end;
    end if;
    if exists (select from pg_roles where rolname = 'jangbu_publisher' and rolconfig is not null) then
        return; -- what an operator has set stays
    end if;
    begin
        alter role jangbu_publisher set statement_timeout = '10s';
        alter role jangbu_publisher set lock_timeout = '4s';
        alter role jangbu_publisher set idle_in_transaction_session_timeout = '3s';
    exception
        when insufficient_privilege then
            raise notice 'the timeouts of role jangbu_publisher are left as they are: no right to set them';
        when internal_error then
            null; -- "tuple concurrently updated": another database is setting the same just now
    end;
end $$;

-- Where `connect` was taken from public, each role needs it by name.
do $$
begin
    if not has_database_privilege('jangbu_publisher', current_database(), 'connect') then
        execute format('grant connect on database %I to jangbu_publisher', current_database());
    end if;
end $$;

grant usage on schema public to jangbu_publisher;
grant select on log_head, log_commits, log_adoptions to jangbu_publisher;
