//! How operators name one another: by the id, or by the name that they log in with.

use std::convert::Infallible;

use uuid::Uuid;

use super::{answer::field, list};
use crate::{call::Operator, failure::Failure};

/// An operator as they were named.
#[derive(Clone, Debug)]
pub enum NamedOperator {
    Id(Uuid),
    Name(String),
}

impl std::str::FromStr for NamedOperator {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.trim().parse().map_or_else(|_| Self::Name(text.trim().to_owned()), Self::Id))
    }
}

impl NamedOperator {
    /// Their id. A name is looked up among all operators.
    pub async fn id(&self, caller: &Operator<'_>) -> Result<Uuid, Failure> {
        let name = match self {
            Self::Id(id) => return Ok(*id),
            Self::Name(name) => name,
        };
        let all = list::all(caller).await?;
        let found = all.iter().find(|operator| field(operator, "name") == name);
        found
            .and_then(|operator| field(operator, "operator_id").parse().ok())
            .ok_or_else(|| Failure::Absent(format!("no operator is called {name}: see `jangbu operators list`")))
    }
}
