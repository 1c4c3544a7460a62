//! Members: who a person says they are, how they become a member, and how they leave.
//!
//! What a person typed is parsed at the door into values that cannot be wrong; what may happen to a sign-up, a name or a
//! member is decided here. Keys and codes are not known here: a code is right or wrong, a name is a stream, and sealed texts are
//! added to an [`UnsealedEvent`] by whoever has the key.

mod codes;
mod decided;
mod deciding;
mod password_reset;
mod person;
mod refusal;
mod reservation;
mod sign_up;
mod values;

pub use codes::{CodeRules, IssuedCode};
pub use decided::{DecidedEvent, UnsealedEvent};
pub use deciding::{Deciding, StateReader};
pub use events::recorded::{Channel, Consent, UnknownChannel};
pub use password_reset::PasswordReset;
pub use person::{ContactChange, ContactVerification, Person, Standing};
pub use refusal::MemberRefusal;
pub use reservation::Reservation;
pub use sign_up::{SignUp, SignUpStart};
pub use values::{
    Code, CodeError, ConsentError, Consents, Contact, ContactError, LoginId, LoginIdError, Password,
    PasswordCharacters, PasswordError, RealName, RealNameError, as_typed,
};
