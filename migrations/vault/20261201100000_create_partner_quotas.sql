-- How often partners may ask. The log decides it (PartnerQuotasSet); here it stands for the servers that count requests, which read it
-- once a second. Null: the usual number.
create table vault.partner_quotas (
    partner_id uuid primary key,
    requests_per_second bigint check (requests_per_second > 0),
    burst bigint check (burst > 0),
    position bigint not null
);

comment on column vault.partner_quotas.position is 'of the event that set it: an older one changes nothing';

grant select, insert, update on vault.partner_quotas to jangbu_vault;
grant select on vault.partner_quotas to jangbu_vault_reader;
