-- How long a message has been waiting is told by metrics and by `jangbu doctor`. What waits already counts from now on.
alter table vault.messages add column queued_at timestamptz not null default clock_timestamp();
