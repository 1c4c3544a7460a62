-- An empty log has nothing to be converted: it takes the tables of commit rows at once. One that holds something waits for
-- `jangbu log convert`; until then nobody may write to them.
do $$
begin
    if exists (select from log_head where position > 0) then
        return;
    end if;
    perform take_over();
    drop table events_before, commits_before, snapshots_before;
end $$;
