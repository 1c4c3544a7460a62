-- A process that stands still in the middle of a transaction holds its locks for three seconds at most. How long a statement
-- takes does not count, only how long Postgres waits for the process. What an operator has set stays.
do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('jangbu_writer', '5s'), ('jangbu_relay', '10s'), ('jangbu_projector', '60s'), ('jangbu_reader', '10s')
        ) as before (role, idle)
    loop
        if not exists (
            select from pg_db_role_setting
            where setrole = to_regrole(wanted.role) and setdatabase = 0
              and 'idle_in_transaction_session_timeout=' || wanted.idle = any (setconfig)
        ) then
            continue;
        end if;
        begin
            execute format('alter role %I set idle_in_transaction_session_timeout = %L', wanted.role, '3s');
        exception
            when insufficient_privilege then
                raise notice 'the timeouts of role % are left as they are: no right to set them', wanted.role;
            when internal_error then
                null; -- "tuple concurrently updated": another database is setting the same just now
        end;
    end loop;
end $$;
