//! How people are reached: e-mail by SMTP, text messages and pushes by HTTP. Adapters of the courier's port, and nothing more: to reach
//! people by another way is another file here.

mod email;
mod error;
mod options;
mod phone;
mod push;
mod sender;

pub use error::ChannelError;
pub use options::ChannelOptions;
