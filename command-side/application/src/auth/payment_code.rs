//! Payment codes: derived here, because they stand in no log and in no table; and how many wrong ones somebody may try.

use std::time::Instant;

use kernel::{Actor, CommandId, PaymentCodeId};
use zeroize::Zeroizing;

use super::{AuthError, AuthService};
use crate::{MemberError, engine::read_failed};

impl AuthService {
    /// The payment code that a command issues: the same whenever it is asked for.
    pub fn payment_code(&self, command: CommandId) -> Zeroizing<String> {
        self.vault().names().payment_code(command)
    }

    /// What the log knows a payment code by. It is computed for any text, so that a code with a wrong check digit takes the same way as
    /// one that nobody was given.
    pub fn payment_code_id(&self, code: &str) -> PaymentCodeId {
        self.vault().names().payment_code_id(code)
    }

    /// Whether this principal may try a code: not after too many wrong ones. What was answered before is answered again, because it
    /// tells nothing new.
    pub async fn may_try_payment_code(&self, actor: Actor, command: CommandId) -> Result<(), AuthError> {
        let codes = &self.0.throttles.payment_codes;
        let Err(too_many) = codes.check(&self.payment_code_tries(actor), Instant::now()) else { return Ok(()) };
        let known = self.0.parts.log.find_commits(&[command]).await;
        match known.map_err(|error| MemberError::Execute(read_failed(&error)))?.is_empty() {
            true => Err(too_many),
            false => Ok(()),
        }
    }

    /// A code was wrong. It counts when that is known and not when it is tried, because the tills of one service try right codes at the same
    /// time. So more than the limit can be tried at once; a guess has one chance in 10^23 for each code that is valid.
    pub fn count_wrong_payment_code(&self, actor: Actor) {
        // One over the limit changes nothing.
        let _ = self.0.throttles.payment_codes.begin(self.payment_code_tries(actor), Instant::now());
    }

    fn payment_code_tries(&self, actor: Actor) -> [u8; 16] {
        self.vault().names().throttle("payment code", &actor.to_string())
    }
}
