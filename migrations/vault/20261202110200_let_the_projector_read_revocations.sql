-- The projector takes requests of operators, so it has to know whose tokens count no more. It reads that list, and nothing else of the
-- vault. Roles belong to the whole cluster: another database may have made this one already, or be making it at this moment.
do $$
begin
    if not exists (select from pg_roles where rolname = 'jangbu_projector') then
        begin
            create role jangbu_projector login;
        exception when duplicate_object or unique_violation then
            null; -- made by another database just now
        end;
    end if;
end $$;

-- Nobody connects whose role is not named.
do $$
begin
    execute format('grant connect on database %I to jangbu_projector', current_database());
end $$;

grant usage on schema vault to jangbu_projector;
grant select on vault.revocations to jangbu_projector;
