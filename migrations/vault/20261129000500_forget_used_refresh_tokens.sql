-- Refresh tokens that were used are forgotten when they would have expired anyway, and ended sessions when no access token of
-- theirs can be good any more: both grew with every refresh.
create index refresh_tokens_used on vault.refresh_tokens (used_at) where used_at is not null;
create index sessions_ended on vault.sessions (ended_at) where ended_at is not null;
