-- Since which place in the log a password is in force. Two changes may reach the vault in the wrong order, when a server died
-- between them: the later one in the log stays. Null for passwords of earlier builds.
alter table vault.credentials add column since_log uuid, add column since_position bigint;

comment on column vault.credentials.since_log is 'the log whose position since_position is';
comment on column vault.credentials.since_position is 'the position of the change of password in the log';
