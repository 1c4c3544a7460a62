-- A projector that stands still in the middle of a transaction held its views for half a minute. It gets two seconds: how
-- long a statement takes does not count, only how long Postgres waits for the projector. What an operator has set stays.
do $$
begin
    if exists (
        select from pg_db_role_setting
        where setrole = 'jangbu_projector'::regrole
          and setdatabase = (select oid from pg_database where datname = current_database())
          and 'idle_in_transaction_session_timeout=30s' = any (setconfig)
    ) then
        execute format(
            'alter role jangbu_projector in database %I set idle_in_transaction_session_timeout = %L', current_database(), '2s'
        );
    end if;
end
$$;
