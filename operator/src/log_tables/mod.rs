//! The log's tables: every statement that reads or writes commits and events stands here.

mod account_events;
mod commit;
mod found;
mod range;
mod restored;
mod shown;
mod standing;

pub use account_events::{StateEvent, state_events};
pub use commit::{Commit, Event};
pub use found::{Named, beginning_of, by_correlation, ending_at, holds, of_command_id};
pub use range::{PAGE, commits};
pub use restored::{insert, lock_if_empty};
pub use shown::{CommitView, EventView, after, covering, newest, of_command, stream};
pub use standing::{Relay, places, relay};
