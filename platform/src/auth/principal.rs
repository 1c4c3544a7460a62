//! The verified subject of a request.

use kernel::{Actor, Role};
use uuid::Uuid;

use crate::problem::{Code, Problem};

/// Who asks. A handler that takes it answers 401 to everybody without a token that holds. The token is checked here, before
/// the body is read; again when a body extractor has the whole body; and again when a read is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Role and id.
    pub actor: Actor,
    /// The session the token belongs to, if it does to one.
    pub session: Option<Uuid>,
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
}
