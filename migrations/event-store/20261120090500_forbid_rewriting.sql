-- Refused to everyone, the owner included: what is in the log stays in the log.
create function refuse_rewriting() returns trigger language plpgsql as $$
begin
    raise exception using
        errcode = 'restrict_violation',
        message = format('%s on %I is refused: the log is append-only and only moves forward', tg_op, tg_table_name);
end $$;

create trigger append_only before update or delete or truncate on events
    for each statement execute function refuse_rewriting();

create trigger append_only before update or delete or truncate on commits
    for each statement execute function refuse_rewriting();

create trigger never_deleted before delete or truncate on log_head
    for each statement execute function refuse_rewriting();

-- An empty log may still be given another id: a copy of a template database is another log.
create trigger forward_only before update on log_head
    for each row
    when (
        new.position < old.position
        or new.recorded_at < old.recorded_at
        or (new.log_id <> old.log_id and old.position > 0)
    )
    execute function refuse_rewriting();
