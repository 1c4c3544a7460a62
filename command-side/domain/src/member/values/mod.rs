//! What people type, parsed. Each value is personal or secret: it is wiped when dropped and shows nothing in `Debug`.
//!
//! The texts of the errors are fit for the person who typed: they state the rule and never repeat the value.

mod code;
mod consent;
mod contact;
mod login_id;
mod password;
mod real_name;

pub use code::{Code, CodeError};
pub use consent::{ConsentError, Consents};
pub use contact::{Contact, ContactError};
pub use login_id::{LoginId, LoginIdError};
pub use password::{Password, PasswordCharacters, PasswordError, as_typed};
pub use real_name::{RealName, RealNameError};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Characters that are not seen, steer what is seen, or mean nothing yet: control and format characters (those that turn
/// the direction of writing among them), separators of lines, private and unassigned ones.
fn is_unseen(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned};
    matches!(
        c.general_category(),
        Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Surrogate | Unassigned
    )
}
