//! The log's tables: every statement that reads or writes commits and events stands here. A log of the format before is read where it
//! stands until it is converted.

mod account_events;
mod before;
mod copied;
mod format;
mod found;
mod old;
mod partitions;
mod range;
mod restored;
mod shown;
mod standing;
mod stored;
mod streams;
mod view;
mod walk;

pub use account_events::{StateEvent, state_events};
pub use before::commits as commits_before;
pub use copied::{Digest, chained, copy_in};
pub use format::{Format, format};
pub use found::{Named, beginning_of, by_correlation, ending_at, holds, is_known_and_detached, of_command_id};
pub use partitions::{Partition, detached_before, half_detached, newest_begins, partitions};
pub use range::{PAGE, commits};
pub use restored::{Restored, add_partitions, lock_if_empty};
pub use shown::{after, covering, newest, of_command, stream};
pub use standing::{PlaceInLog, Relay, places, relay};
pub use stored::{Stored, damaged};
pub use view::{CommitView, EventView};
