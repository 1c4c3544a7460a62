-- The answer to a refresh, for a short grace: a client that lost it sends the same token with the same Idempotency-Key and
-- gets it again. What is kept is sealed with a key made of the token and the Idempotency-Key, and neither of them is here.
create table vault.refresh_answers (
    digest bytea primary key references vault.refresh_tokens on delete cascade,
    key bytea not null check (length(key) = 32),
    answer text not null,
    until timestamptz not null
);

comment on column vault.refresh_answers.digest is 'of the refresh token that was presented';
comment on column vault.refresh_answers.key is 'digest of that token and the Idempotency-Key';
comment on column vault.refresh_answers.answer is 'the next refresh token, sealed';

create index refresh_answers_until on vault.refresh_answers (until);

grant select, insert, delete on vault.refresh_answers to jangbu_vault;
