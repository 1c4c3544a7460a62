//! Tokens for the people a load pretends to be.

use kernel::{Actor, MemberId, Role};

/// Signs tokens for any actor.
pub trait Credentials: Send + Sync {
    /// A token that names this actor and outlives the run.
    fn token(&self, actor: Actor) -> String;

    /// A member's token.
    fn member(&self, id: MemberId) -> String {
        self.token(Actor { role: Role::Member, id })
    }

    /// A token of the bank's own programs, which book deposits.
    fn service(&self) -> String {
        self.token(Actor { role: Role::Service, id: MemberId::new(uuid::Uuid::from_u128(0x5e)) })
    }

    /// A token of the staff.
    fn operator(&self) -> String {
        self.token(Actor { role: Role::Operator, id: MemberId::new(uuid::Uuid::from_u128(0x0e)) })
    }
}

impl<F: Fn(Actor) -> String + Send + Sync> Credentials for F {
    fn token(&self, actor: Actor) -> String {
        self(actor)
    }
}
