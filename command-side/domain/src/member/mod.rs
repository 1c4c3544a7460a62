//! Members: who a person says they are, how they become a member, and how they leave.
//!
//! What a person typed is parsed at the door into values that cannot be wrong; what may happen to a sign-up, a name or a
//! member is decided here. Sealed texts, keys and codes are not known here: a code is right or wrong, a name is a stream.

mod codes;
mod deciding;
mod person;
mod refusal;
mod reservation;
mod sign_up;
mod values;

pub use codes::{CodeRules, IssuedCode};
pub use deciding::{Deciding, MemberEvent, StateReader};
pub use person::{ContactChange, Person, PersonEvent, Standing};
pub use refusal::MemberRefusal;
pub use reservation::{Reservation, ReservationEvent, ReservedFor};
pub use sign_up::{SignUp, SignUpEnd, SignUpEvent, SignUpStart};
pub use values::{
    Channel, Code, CodeError, Consent, ConsentError, Consents, Contact, ContactError, LoginId, LoginIdError, Password,
    PasswordError, RealName, RealNameError, as_typed,
};
