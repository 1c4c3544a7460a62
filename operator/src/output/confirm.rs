//! Asking before what cannot be undone.

use std::io::{self, IsTerminal, Write, stderr};

use crate::failure::Failure;

/// The flag of a command that cannot be undone.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Confirm {
    /// Do what cannot be undone without asking
    #[arg(long)]
    yes: bool,
}

impl Confirm {
    /// Asks, unless `--yes` was given. Where nobody can answer, the answer is no.
    pub fn ask(self, what: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::Unconfirmed(what.to_owned()));
        }
        let _ = write!(stderr().lock(), "{what}: this cannot be undone. Go on? [y/N] ");
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        match read {
            Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
            _ => Err(Failure::Unconfirmed(what.to_owned())),
        }
    }
}
