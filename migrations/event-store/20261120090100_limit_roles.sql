-- A forgotten transaction or a runaway query must not hold up the log. Only roles without settings of their own are
-- touched: what an operator has set stays.
do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('jangbu_owner', '0', '10s', '60s'),
            ('jangbu_writer', '5s', '4s', '5s'),
            ('jangbu_relay', '10s', '4s', '10s'),
            ('jangbu_projector', '60s', '10s', '60s'),
            ('jangbu_reader', '5s', '2s', '10s')
        ) as limits (role, statement, lock, idle)
    loop
        if exists (select from pg_roles where rolname = wanted.role and rolconfig is not null) then
            continue;
        end if;
        begin
            execute format('alter role %I set statement_timeout = %L', wanted.role, wanted.statement);
            execute format('alter role %I set lock_timeout = %L', wanted.role, wanted.lock);
            execute format('alter role %I set idle_in_transaction_session_timeout = %L', wanted.role, wanted.idle);
            if wanted.role = 'jangbu_reader' then
                execute format('alter role %I set default_transaction_read_only = on', wanted.role);
            elsif wanted.role = 'jangbu_projector' then
                -- A view and its checkpoint move in one transaction, so losing the last of them in a crash of Postgres
                -- loses nothing: they are applied again. Waiting for the disk would hold the NOTIFY lock, which all
                -- databases of a cluster share, and with it the appends.
                execute format('alter role %I set synchronous_commit = off', wanted.role);
            end if;
        exception
            when insufficient_privilege then
                raise notice 'the timeouts of role % are left as they are: no right to set them', wanted.role;
            when internal_error then
                null; -- "tuple concurrently updated": another database is setting the same just now
        end;
    end loop;
end $$;
