//! Random passwords.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Twenty-four random bytes in letters that need no quoting in a URL or a shell.
pub fn random_secret() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())
}
