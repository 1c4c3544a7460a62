//! Roles: each may do what its process does, and no more.

use database::schema::Grant;

use super::finding::Finding;
use crate::schema::Compared;

/// What is said of it at most; the rest is counted.
const SHOWN: usize = 12;

/// Looks at the roles of a database, by its name for people, and at what they may do.
pub fn look(what: &str, compared: &Compared) -> Vec<Finding> {
    let may = |grant: &&Grant| format!("{} may {grant}", grant.grantee);
    let may_not = |grant: &&Grant| format!("{} may not {grant}", grant.grantee);
    let (missing, surplus) = (compared.missing_grants(), compared.surplus_grants(true));
    let roles = &compared.roles;
    let mut wrong: Vec<String> = roles.missing.iter().map(|role| format!("role {role} does not exist")).collect();
    wrong.extend(roles.mighty.iter().cloned());
    wrong.extend(roles.not_joined.iter().map(|role| format!("jangbu_owner is not a member of {role}")));
    wrong.extend(compared.foreign.iter().map(|foreign| foreign.sentence()));
    wrong.extend(missing.iter().map(may_not));
    wrong.extend(surplus.iter().map(may));
    let name = format!("roles of the {what}");
    let mut findings = vec![match wrong.is_empty() {
        true => Finding::ok(name, format!("{} rights are as they should be", compared.expected_grants())),
        false => Finding::fail(name, listed(&wrong), to_do(compared)),
    }];
    let others: Vec<String> = compared.surplus_grants(false).iter().map(may).collect();
    if !others.is_empty() {
        let to_do = "rights that nobody here needs: keep them if you gave them, else revoke them \
                     (`jangbu repair grants --revoke`)";
        findings.push(Finding::warn(format!("other roles of the {what}"), listed(&others), to_do));
    }
    findings
}

fn listed(wrong: &[String]) -> String {
    let shown = wrong.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match wrong.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

fn to_do(compared: &Compared) -> String {
    let mut steps = Vec::new();
    if !compared.roles.missing.is_empty() {
        steps.push("make the roles: `create role NAME login password '...'`");
    }
    if !compared.roles.mighty.is_empty() {
        steps.push("take from the roles what makes them mighty: `alter role`, `revoke ROLE from NAME`");
    }
    let fixes =
        !compared.missing_grants().is_empty() || !compared.foreign.is_empty() || !compared.roles.not_joined.is_empty();
    if fixes {
        steps.push("`jangbu repair grants` gives what is missing");
    }
    if !compared.surplus_grants(true).is_empty() {
        steps.push("find out who gave what is too much; `jangbu repair grants --revoke` takes it away");
    }
    steps.push("docs/runbooks/schema.md");
    steps.join("; ")
}
