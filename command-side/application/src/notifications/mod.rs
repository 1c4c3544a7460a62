//! What members are told of their money, on which devices and how.
//!
//! The process runner follows the log for it (`processes/notifications.rs`), a log-in asks for it itself (`auth/log_in_notice.rs`), and
//! the courier of pushes delivers (`delivery/push_courier.rs`).

mod device;
mod mail;
mod preferences;

pub use device::{
    DeviceRegistration, Locale, LocaleError, MOST_DEVICES, Platform, PlatformError, PushToken, PushTokenError,
};
pub use mail::mail_for;
pub use preferences::{NotificationPreferences, QuietHours, QuietHoursError, WORTH_TELLING};
