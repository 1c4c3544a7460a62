-- Two roles: the command server's, which keeps the vault, and the query server's, which opens what is sealed and nothing
-- else. Roles belong to the whole cluster: another database may have made them already, or be making them at this
-- moment. Their passwords are given by whoever provisions the server (`alter role ... password`).
do $$
declare
    wanted text;
begin
    foreach wanted in array array['jangbu_owner', 'jangbu_vault', 'jangbu_vault_reader'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            begin
                execute format('create role %I login', wanted);
            exception when duplicate_object or unique_violation then
                null; -- made by another database just now
            end;
        end if;
    end loop;
end $$;
