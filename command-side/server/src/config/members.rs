//! How members, sessions and the vault are set.

use std::{path::PathBuf, time::Duration};

use application::{AuthOptions, CodeRules, MemberOptions, ThrottleOptions};
use chrono::TimeDelta;
use platform::http::TrustForwarded;
use vault::{KekAddress, KeySchedule, MessageBudget, PasswordParams};

/// How members, sessions and the vault are set.
#[derive(Clone, Debug, clap::Args)]
pub struct MemberConfig {
    /// The vault's database, as the role that keeps it (jangbu_vault)
    #[arg(long, env = "JANGBU_VAULT_WRITER_URL", hide_env_values = true)]
    pub vault_writer_url: String,
    /// The key that wraps the members' data keys: file:PATH or transit:URL#KEYNAME
    #[arg(long, env = "JANGBU_KEK")]
    pub kek: KekAddress,
    /// A file with the token for the transit engine; read again for each call
    #[arg(long, env = "JANGBU_KEK_TOKEN_FILE")]
    pub kek_token_file: Option<PathBuf>,
    /// Days after which the next key that wraps data keys is due; 0 for no schedule. It bounds how long old copies of an erased member's key can be opened
    #[arg(long, env = "JANGBU_KEK_ROTATE_DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=3650))]
    pub kek_rotate_days: u32,
    /// Days that such a key is kept after the next one has taken its place: no less than backups of the vault are kept
    #[arg(long, env = "JANGBU_KEK_KEEP_DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=3650))]
    pub kek_keep_days: u32,
    /// Who keeps that schedule; unset: the server for transit, the operator (`jangbu vault rotate`) for a file, whose copies have to be kept in step
    #[arg(long, env = "JANGBU_KEK_ROTATED_BY")]
    pub kek_rotated_by: Option<Rotator>,
    /// The private key that signs access tokens (PKCS#8 PEM); read again when the file changes
    #[arg(long, env = "JANGBU_SIGNING_KEY_FILE")]
    pub signing_key_file: PathBuf,
    /// Connections to the vault's database
    #[arg(long, env = "JANGBU_COMMAND_VAULT_CONNECTIONS", default_value_t = 4)]
    pub vault_connections: u32,
    /// Connections to the log's database for members' commands, apart from those that transfers have
    #[arg(long, env = "JANGBU_COMMAND_MEMBER_CONNECTIONS", default_value_t = 2)]
    pub member_connections: u32,
    /// Seconds an access token is good for
    #[arg(long, env = "JANGBU_ACCESS_TOKEN_SECONDS", default_value_t = 600, value_parser = clap::value_parser!(i64).range(1..=86_400))]
    pub access_token_seconds: i64,
    /// Seconds a refresh token is good for: a session that is not refreshed in that time has ended
    #[arg(long, env = "JANGBU_REFRESH_TOKEN_SECONDS", default_value_t = 2_592_000, value_parser = clap::value_parser!(i64).range(1..=31_622_400))]
    pub refresh_token_seconds: i64,
    /// Seconds in which the same refresh, with the same Idempotency-Key, gets the same answer again
    #[arg(long, env = "JANGBU_REFRESH_GRACE_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(i64).range(0..=600))]
    pub refresh_grace_seconds: i64,
    /// Memory for one password hash (argon2id), in KiB; if it is raised, passwords are hashed again when their members log in
    #[arg(long, env = "JANGBU_ARGON2_MEMORY_KIB", default_value_t = PasswordParams::default().memory_kib)]
    pub argon2_memory_kib: u32,
    /// Passes over that memory
    #[arg(long, env = "JANGBU_ARGON2_PASSES", default_value_t = PasswordParams::default().passes)]
    pub argon2_passes: u32,
    /// Lanes of that memory
    #[arg(long, env = "JANGBU_ARGON2_LANES", default_value_t = PasswordParams::default().lanes)]
    pub argon2_lanes: u32,
    /// Passwords that may wait to be hashed; one more is answered with 503
    #[arg(long, env = "JANGBU_PASSWORD_QUEUE", default_value_t = PasswordParams::default().queue)]
    pub password_queue: usize,
    /// Percent of one core that hashing passwords may take
    #[arg(long, env = "JANGBU_PASSWORD_SHARE", default_value_t = PasswordParams::default().share, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub password_share: u32,
    /// Wrong passwords for one login id from one network until the next try from there has to wait; from where its member logged in before, a right one always passes
    #[arg(long, env = "JANGBU_LOGIN_FREE_FAILURES", default_value_t = 5)]
    pub login_free_failures: u32,
    /// Seconds it has to wait then; twice as long after each further one
    #[arg(long, env = "JANGBU_LOGIN_FIRST_DELAY", default_value_t = 1)]
    pub login_first_delay: u64,
    /// The most seconds it has to wait
    #[arg(long, env = "JANGBU_LOGIN_LONGEST_DELAY", default_value_t = 300)]
    pub login_longest_delay: u64,
    /// Wrong passwords for one login id from all networks in an hour; after that only those from which its member logged in before may try
    #[arg(long, env = "JANGBU_LOGIN_FAILURES", default_value_t = 100)]
    pub login_failures: u32,
    /// Milliseconds after a wrong log-in arrived until it is answered, whatever was computed: more than a password takes to be verified
    #[arg(long, env = "JANGBU_LOGIN_REFUSED_AFTER_MS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(0..=10_000))]
    pub login_refused_after_ms: u64,
    /// Log-ins from one address that may fail in a minute
    #[arg(long, env = "JANGBU_ADDRESS_FAILURES", default_value_t = 300)]
    pub address_failures: u32,
    /// Sign-ups that one address may begin in a minute
    #[arg(long, env = "JANGBU_ADDRESS_SIGN_UPS", default_value_t = 300)]
    pub address_sign_ups: u32,
    /// Password resets that one address may begin in a minute
    #[arg(long, env = "JANGBU_ADDRESS_RESETS", default_value_t = 300)]
    pub address_resets: u32,
    /// Wrong codes of password resets that one address may give in an hour
    #[arg(long, env = "JANGBU_ADDRESS_WRONG_CODES", default_value_t = 100)]
    pub address_wrong_codes: u32,
    /// Codes of sign-ups that one address may ask for or give in a minute, and certificates of erasures that it may read without an operator's token
    #[arg(long, env = "JANGBU_ADDRESS_CODES", default_value_t = 3000)]
    pub address_codes: u32,
    /// Messages with a code, or about a sign-up, that reach one contact in any hour; one address causes four fifths at most
    #[arg(long, env = "JANGBU_CONTACT_MESSAGES_PER_HOUR", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub contact_messages_per_hour: u32,
    /// The same in any day
    #[arg(long, env = "JANGBU_CONTACT_MESSAGES_PER_DAY", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub contact_messages_per_day: u32,
    /// Taken login ids that one sign-up may be tried to be completed with in a minute
    #[arg(long, env = "JANGBU_SIGN_UP_LOGIN_IDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub sign_up_login_ids: u32,
    /// Wrong payment codes that one principal, such as a service, may try in a minute; after that its charges are answered with 429
    #[arg(long, env = "JANGBU_WRONG_PAYMENT_CODES", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub wrong_payment_codes: u32,
    /// Seconds a token of a partner is good for
    #[arg(long, env = "JANGBU_PARTNER_TOKEN_SECONDS", default_value_t = 300, value_parser = clap::value_parser!(i64).range(1..=3600))]
    pub partner_token_seconds: i64,
    /// Take the client's address from the last entry of X-Forwarded-For: only behind a proxy that writes it
    #[arg(long, env = "JANGBU_TRUST_FORWARDED_FOR", default_value_t = false, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub trust_forwarded_for: bool,
    /// Documents that must be agreed to, to sign up, separated by commas
    #[arg(long, env = "JANGBU_REQUIRED_CONSENTS", value_delimiter = ',')]
    pub required_consents: Vec<String>,
    /// Seconds a sign-up lives
    #[arg(long, env = "JANGBU_SIGN_UP_SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(i64).range(1..=604_800))]
    pub sign_up_seconds: i64,
    /// Seconds a code lives
    #[arg(long, env = "JANGBU_CODE_SECONDS", default_value_t = 600, value_parser = clap::value_parser!(i64).range(1..=86_400))]
    pub code_seconds: i64,
    /// Wrong codes that are allowed for each code
    #[arg(long, env = "JANGBU_CODE_TRIES", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub code_tries: u32,
    /// Seconds to wait for the first, second, ... other code, separated by commas; no sign-up gets more of them
    #[arg(long, env = "JANGBU_CODE_DELAYS", default_value = "30,60,120,240,480", value_delimiter = ',', value_parser = clap::value_parser!(u32))]
    pub code_delays: Vec<u32>,
}

/// Who replaces and destroys key-encryption keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Rotator {
    /// A command server.
    Server,
    /// An operator, or a timer of theirs.
    Operator,
}

impl MemberConfig {
    pub(crate) fn key_schedule(&self) -> KeySchedule {
        KeySchedule::of_days(self.kek_rotate_days, self.kek_keep_days)
    }

    /// Whether servers keep the schedule. A key file has copies: on other machines, and the one without which the vault's backups are
    /// of no use. A server that wrote a new key into one of them would leave the others behind.
    pub(crate) fn rotates_keys(&self) -> bool {
        let is_central = matches!(self.kek, KekAddress::Transit { .. });
        let rotator = self.kek_rotated_by.unwrap_or(if is_central { Rotator::Server } else { Rotator::Operator });
        rotator == Rotator::Server && self.kek_rotate_days > 0
    }

    pub(crate) fn passwords(&self) -> PasswordParams {
        PasswordParams {
            memory_kib: self.argon2_memory_kib,
            passes: self.argon2_passes,
            lanes: self.argon2_lanes,
            queue: self.password_queue,
            share: self.password_share,
        }
    }

    pub(crate) fn trust_forwarded(&self) -> TrustForwarded {
        TrustForwarded(self.trust_forwarded_for)
    }

    /// The documents; an empty variable names none.
    pub(crate) fn required_consents(&self) -> Vec<String> {
        let named = self.required_consents.iter().map(|document| document.trim());
        named.filter(|document| !document.is_empty()).map(str::to_owned).collect()
    }

    pub(crate) fn members(&self) -> MemberOptions {
        let codes = CodeRules {
            sign_up_lives: TimeDelta::seconds(self.sign_up_seconds),
            code_lives: TimeDelta::seconds(self.code_seconds),
            tries: self.code_tries,
            delays: self.code_delays.iter().map(|delay| TimeDelta::seconds((*delay).into())).collect(),
        };
        let messages =
            MessageBudget { per_hour: self.contact_messages_per_hour, per_day: self.contact_messages_per_day };
        let refresh_lives = TimeDelta::seconds(self.refresh_token_seconds);
        MemberOptions { codes, messages, refresh_lives, ..MemberOptions::default() }
    }

    pub(crate) fn auth(&self) -> AuthOptions {
        AuthOptions {
            access_lives: TimeDelta::seconds(self.access_token_seconds),
            partner_access_lives: TimeDelta::seconds(self.partner_token_seconds),
            refresh_lives: TimeDelta::seconds(self.refresh_token_seconds),
            refresh_grace: TimeDelta::seconds(self.refresh_grace_seconds),
            key_schedule: self.key_schedule(),
            refusals_leave_after: Duration::from_millis(self.login_refused_after_ms),
            throttles: ThrottleOptions {
                free_failures: self.login_free_failures,
                first_delay: Duration::from_secs(self.login_first_delay),
                longest_delay: Duration::from_secs(self.login_longest_delay),
                failures_per_login: self.login_failures,
                failures_per_address: self.address_failures,
                sign_ups_per_address: self.address_sign_ups,
                resets_per_address: self.address_resets,
                wrong_codes_per_address: self.address_wrong_codes,
                codes_per_address: self.address_codes,
                login_ids_per_sign_up: self.sign_up_login_ids,
                wrong_payment_codes: self.wrong_payment_codes,
            },
            ..AuthOptions::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        members: MemberConfig,
    }

    #[test]
    fn servers_rotate_where_the_keys_have_one_place() {
        let rotates = |kek: &str, more: &[&str]| {
            let arguments = ["test", "--vault-writer-url", "postgres://v", "--signing-key-file", "k", "--kek", kek];
            let parsed = Arguments::try_parse_from(arguments.iter().chain(more)).expect("settings");
            parsed.members.rotates_keys()
        };
        let (file, transit) = ("file:/kek.json", "transit:https://vault:8200#bank");
        assert!(rotates(transit, &[]) && !rotates(file, &[]));
        assert!(rotates(file, &["--kek-rotated-by=server"]) && !rotates(transit, &["--kek-rotated-by=operator"]));
        assert!(!rotates(transit, &["--kek-rotate-days=0"]), "there is no schedule");
    }
}
