//! The verified subject of a request.

use kernel::{Actor, OperatorRole, Role, Scopes};
use uuid::Uuid;

use super::allowed::Allowed;
use crate::problem::{Code, Problem};

/// Who asks. A handler that takes it answers 401 to everybody without a token that holds, and 403 to every partner and to every operator
/// who is no admin: what they may call takes an [`Admitted`](super::Admitted), which names the scope and the role. The token is checked here, before the body is read; again when
/// a body extractor has the whole body; and again when a read is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Role and id.
    pub actor: Actor,
    /// The session the token belongs to, if it does to one; of a partner's token the key that it was given for.
    pub session: Option<Uuid>,
    /// What the token of a partner allows; none of any other.
    pub scopes: Scopes,
    /// What an operator may do who logged in; none of anybody else, and none of an operator whose token was made with the signing key
    /// itself, who may do everything.
    pub operator: Option<OperatorRole>,
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

    /// What an operator may do; none of anybody else.
    pub fn operator_role(&self) -> Option<OperatorRole> {
        (self.actor.role == Role::Operator).then(|| self.operator.unwrap_or(OperatorRole::Admin))
    }

    /// Refuses an operator whose role is below this one. Nobody else is looked at.
    pub fn require_operator(&self, lowest: OperatorRole) -> Result<(), Problem> {
        match self.operator_role() {
            Some(role) if role < lowest => Err(Problem::new(Code::OperatorRoleMissing)
                .detail(format!("this needs an operator of role {lowest}"))
                .with("role", lowest.as_str())),
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses everybody who may not call a route: every other role, a partner without its scope, and an operator whose role is too low.
    pub fn admit<A: Allowed>(&self) -> Result<(), Problem> {
        match (self.actor.role, A::SCOPE) {
            (Role::Partner, Some(scope)) if !self.scopes.contains(scope) => Err(Problem::new(Code::ScopeMissing)
                .detail(format!("this needs a token with the scope {scope}"))
                .with("scope", scope.as_str())),
            // Without a scope there is nothing that a partner was given.
            (Role::Partner, None) => self.require_no_partner(A::ROLES),
            _ => self.require(A::ROLES).and_then(|()| self.require_operator(A::OPERATOR)),
        }
    }

    fn require_no_partner(&self, roles: &[Role]) -> Result<(), Problem> {
        let others: Vec<Role> = roles.iter().copied().filter(|role| *role != Role::Partner).collect();
        self.require(&others)
    }
}
