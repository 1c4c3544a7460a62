//! What follows from the list of the commands that move money or change an account, which stands in `mod.rs`.

use std::sync::Arc;

use super::money_options::MoneyRules;
use crate::{ExecuteError, Outcome, engine::Command};

/// Any of them.
pub type MoneyCommand = dyn Command<Rules = MoneyRules, Answer = Arc<Outcome>, Error = ExecuteError>;

macro_rules! money_commands {
    ($($(#[$doc:meta])* $name:ident($command:ty);)*) => {
        /// Everything the bank can be asked to do.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum Command {
            $($(#[$doc])* $name($command),)*
        }

        impl Command {
            fn command(&self) -> &$crate::commands::money_command::MoneyCommand {
                match self {
                    $(Self::$name(command) => command,)*
                }
            }
        }

        impl $crate::engine::Command for Command {
            type Rules = $crate::commands::MoneyRules;
            type Answer = std::sync::Arc<$crate::Outcome>;
            type Error = $crate::ExecuteError;

            fn weight(&self) -> usize {
                self.command().weight()
            }

            fn decide(
                &self,
                rules: &$crate::commands::MoneyRules,
                work: &mut $crate::engine::Decision<'_>,
            ) -> Result<(), $crate::ExecuteError> {
                $crate::commands::approval::decide_or_ask(self, rules, work)
            }

            fn answer(
                &self,
                events: &[$crate::engine::PendingEvent],
                place: Option<log::Appended>,
                unit: &$crate::engine::UnitOfWork,
            ) -> Result<std::sync::Arc<$crate::Outcome>, $crate::engine::IncompleteEvents> {
                match $crate::commands::approval_outcome::requested_in(events) {
                    Some(requested) => Ok(requested),
                    None => self.command().answer(events, place, unit),
                }
            }
        }
    };
}

pub(super) use money_commands;
