-- Operators see the sessions of a member: when each ends or ended. What refreshes them stays where it is.
grant select (session_id, member_id, expires_at, ended_at) on vault.sessions to jangbu_vault_reader;
