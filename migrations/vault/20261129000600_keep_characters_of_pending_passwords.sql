-- A sign-up may be completed with another login id than it began with, and no password may contain its login id. A hash does
-- not show that, so the characters of the password that a login id may have are kept until then: which, not where or how often.
alter table vault.pending_passwords add column characters text;

comment on column vault.pending_passwords.characters is 'sealed under the member''s data key; null for sign-ups of earlier builds, and for password resets';
