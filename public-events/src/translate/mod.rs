//! From a recorded commit to public events.

mod error;
mod index;
mod money;
mod others;
mod tell;
mod writer;

use std::collections::HashMap;

use kernel::LogId;
use log::Commit;

use self::{index::Index, tell::Teller, writer::Writer};
use crate::{Earlier, PublicEvent};

pub use error::TranslateError;

/// The public events of a commit of a log, in the order of their cursors; most commits have one or two. `earlier`: what was read for it.
///
/// For each account they come in the order of its versions. An error says that the commit cannot be told: a reader stops before it.
pub fn translate(log: LogId, commit: &Commit, earlier: &Earlier) -> Result<Vec<PublicEvent>, TranslateError> {
    let recorded = index::read(commit)?;
    let mut teller = Teller {
        index: Index::of(&recorded),
        earlier,
        writer: Writer::new(log, commit),
        actor: commit.actor,
        legs: HashMap::new(),
        holds: HashMap::new(),
    };
    for event in &recorded {
        teller.tell(event)?;
    }
    Ok(teller.writer.finish())
}
