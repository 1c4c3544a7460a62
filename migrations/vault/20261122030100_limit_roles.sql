-- Nobody else may even connect, and a forgotten transaction must not hold up an erasure. The settings hold in this
-- database only.
do $$
declare
    here text := current_database();
    wanted record;
begin
    execute format('revoke all on database %I from public', here);
    execute format('grant connect on database %I to jangbu_owner, jangbu_vault, jangbu_vault_reader', here);
    for wanted in
        select * from (values
            ('jangbu_vault', '5s', '4s', '5s'),
            ('jangbu_vault_reader', '3s', '2s', '5s')
        ) as limits (role, statement, lock, idle)
    loop
        execute format('alter role %I in database %I set statement_timeout = %L', wanted.role, here, wanted.statement);
        execute format('alter role %I in database %I set lock_timeout = %L', wanted.role, here, wanted.lock);
        execute format(
            'alter role %I in database %I set idle_in_transaction_session_timeout = %L', wanted.role, here, wanted.idle
        );
    end loop;
    execute format('alter role jangbu_vault_reader in database %I set default_transaction_read_only = on', here);
    -- A destroyed key must be gone when it is said to be gone.
    execute format('alter role jangbu_vault in database %I set synchronous_commit = on', here);
end $$;
