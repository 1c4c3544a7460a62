-- Who may do what, beside the owners, in the schemas of $1 and with this database: kind, object, privilege, grantee. What
-- Postgres grants by default is among it.
with spaces as (
    select oid, nspname, nspowner, nspacl from pg_namespace where nspname = any ($1)
),
relations as (
    select c.oid, c.relkind, c.relowner, c.relacl, format('%I.%I', n.nspname, c.relname) as name
    from pg_class as c join spaces as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
),
lists (kind, object, owner, acl) as (
    select 'database', 'this database', datdba, coalesce(datacl, acldefault('d', datdba))
    from pg_database where datname = current_database()
    union all
    select 'schema', nspname::text, nspowner, coalesce(nspacl, acldefault('n', nspowner)) from spaces
    union all
    select case relkind when 'S' then 'sequence' else 'table' end, name, relowner,
        coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
    from relations
    union all
    select 'column', format('%s (%I)', r.name, a.attname), r.relowner, a.attacl
    from relations as r join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    where a.attacl is not null
    union all
    select case p.prokind when 'p' then 'procedure' else 'function' end,
        format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), p.proowner,
        coalesce(p.proacl, acldefault('f', p.proowner))
    from pg_proc as p join spaces as n on n.oid = p.pronamespace
    union all
    select 'default', format('%I in schema %I', r.rolname, n.nspname), d.defaclrole, d.defaclacl
    from pg_default_acl as d join spaces as n on n.oid = d.defaclnamespace join pg_roles as r on r.oid = d.defaclrole
    where d.defaclobjtype = 'r'
)
select l.kind, l.object, x.privilege_type || case when x.is_grantable then ' with grant option' else '' end as privilege,
    coalesce(r.rolname::text, 'public') as grantee
from lists as l
cross join lateral aclexplode(l.acl) as x
left join pg_roles as r on r.oid = x.grantee
where x.grantee <> l.owner and (x.grantee = 0 or not r.rolsuper)
