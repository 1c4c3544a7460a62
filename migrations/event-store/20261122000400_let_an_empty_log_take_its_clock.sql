-- A log restored from its archive is the archived log: same id, same positions, and the same clock, which is earlier than
-- the moment at which this database was made. While a log is empty its head may take all three; from the first event on
-- it only moves forward, as before.
drop trigger forward_only on log_head;

create trigger forward_only before update on log_head
    for each row
    when (
        new.position < old.position
        or (old.position > 0 and (new.recorded_at < old.recorded_at or new.log_id <> old.log_id))
    )
    execute function refuse_rewriting();
