-- Checks the rows that are there, in a transaction of its own: appends go on meanwhile. A bank that was damaged before still
-- upgrades: new rows are checked all the same, and `jangbu log verify` names the old ones that are wrong.
do $$
begin
    alter table events validate constraint events_opening_version_check;
exception when check_violation then
    raise warning 'the log holds a stream that was opened twice: run `jangbu log verify` to see which';
end $$;
