//! What people type, parsed. Each value is personal or secret: it is wiped when dropped and shows nothing in `Debug`.
//!
//! The texts of the errors are fit for the person who typed: they state the rule and never repeat the value.

mod code;
mod consent;
mod contact;
mod login_id;
mod password;
mod phone;
mod real_name;

pub use code::{Code, CodeError};
pub use consent::{ConsentError, Consents};
pub use contact::{Contact, ContactError};
pub use login_id::{LoginId, LoginIdError};
pub use password::{Password, PasswordCharacters, PasswordError, as_typed};
pub use real_name::{RealName, RealNameError};
