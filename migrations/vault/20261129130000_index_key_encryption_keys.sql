-- Whether anything is wrapped with a key-encryption key: asked when one begins or is retired, with millions of members.
create index data_keys_kek on vault.data_keys (kek);
