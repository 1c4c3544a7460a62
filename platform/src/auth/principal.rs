//! The verified subject of a request.

use kernel::{Actor, Role, Scopes};
use uuid::Uuid;

use super::allowed::Allowed;
use crate::problem::{Code, Problem};

/// Who asks. A handler that takes it answers 401 to everybody without a token that holds, and 403 to every partner: what a partner may
/// call takes an [`Admitted`](super::Admitted), which names the scope. The token is checked here, before the body is read; again when
/// a body extractor has the whole body; and again when a read is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Role and id.
    pub actor: Actor,
    /// The session the token belongs to, if it does to one; of a partner's token the key that it was given for.
    pub session: Option<Uuid>,
    /// What the token of a partner allows; none of any other.
    pub scopes: Scopes,
}

impl Principal {
    /// Refuses every role but these.
    pub fn require(&self, roles: &[Role]) -> Result<(), Problem> {
        if roles.contains(&self.actor.role) {
            return Ok(());
        }
        let names: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
        Err(Problem::new(Code::Forbidden).detail(format!("this needs a token of role {}", names.join(" or "))))
    }

    /// Refuses everybody who may not call a route: every other role, and a partner without its scope.
    pub fn admit<A: Allowed>(&self) -> Result<(), Problem> {
        match (self.actor.role, A::SCOPE) {
            (Role::Partner, Some(scope)) if !self.scopes.contains(scope) => Err(Problem::new(Code::ScopeMissing)
                .detail(format!("this needs a token with the scope {scope}"))
                .with("scope", scope.as_str())),
            // Without a scope there is nothing that a partner was given.
            (Role::Partner, None) => self.require_no_partner(A::ROLES),
            _ => self.require(A::ROLES),
        }
    }

    fn require_no_partner(&self, roles: &[Role]) -> Result<(), Problem> {
        let others: Vec<Role> = roles.iter().copied().filter(|role| *role != Role::Partner).collect();
        self.require(&others)
    }
}
