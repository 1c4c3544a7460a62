//! What a database looks like, and whether that is what this build expects.
//!
//! A [`Description`] lists every object of some schemas with its definition, and every grant. What is expected is described in
//! `migrations/expected/`: `dev describe` writes it from databases that were made a moment ago, and a test compares it
//! with such databases. So nothing is written down twice, and a server needs no right to create a database to be compared.

mod compare;
mod describe;
mod description;
mod expected;
mod grant;

pub use compare::{Difference, compare};
pub use describe::describe;
pub use description::{Description, Object};
pub use expected::{FILES, expected, generations, schemas};
pub use grant::Grant;
