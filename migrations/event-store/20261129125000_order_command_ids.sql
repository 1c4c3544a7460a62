-- From which time on an idempotency key that is a UUID of version 7 gives its time to the id of its command. An earlier build gave it to
-- none: what was sent before keeps its id, and with it its answer. A log with commits begins a day later, because the clock of a client
-- may be ahead (docs/decisions/0038). An empty log begins at once.
alter table log_head add column command_ids_ordered_from timestamptz not null default 'epoch';

update log_head set command_ids_ordered_from = clock_timestamp() + interval '1 day' where position > 0;

comment on column log_head.command_ids_ordered_from is 'keys of this time and later give their time to the command id; never changed';

-- Moved, it would give a command that was carried out another id.
create trigger command_ids_stay before update on log_head
    for each row
    when (old.position > 0 and new.command_ids_ordered_from <> old.command_ids_ordered_from)
    execute function refuse_rewriting();
