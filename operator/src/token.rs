//! `jangbu token` and `jangbu keys`: credentials for local use.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Clock, MemberId, Role, SystemClock};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    config::Config,
    failure::Failure,
    keys::{self, Jwks, KeyError, PrivateKey},
    output::Output,
};

/// The namespace of the subjects that stand for "the operator" and "the service" of this machine.
const SUBJECTS: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f73_7562_6a65_6374_0001);

/// Whose token.
#[derive(Debug, clap::Args)]
pub struct TokenArgs {
    /// A token of staff or of another program
    #[arg(long, value_enum, required_unless_present = "member", conflicts_with = "member")]
    role: Option<StaffRole>,

    /// A token of this member
    #[arg(long, value_name = "ID")]
    member: Option<Uuid>,

    /// Who the operator or service is; the same one on every call if not given
    #[arg(long, value_name = "UUID", conflicts_with = "member")]
    subject: Option<Uuid>,

    /// How long it is good for, such as 90s, 15m, 12h or 7d
    #[arg(long, value_name = "TIME", default_value = "12h", value_parser = parse_ttl)]
    ttl: TimeDelta,
}

/// The roles that are no member.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum StaffRole {
    /// Freezes, reverses, reads everything
    Operator,
    /// Deposits, withdraws, sends batches
    Service,
}

impl StaffRole {
    fn role(self) -> Role {
        match self {
            Self::Operator => Role::Operator,
            Self::Service => Role::Service,
        }
    }
}

/// Makes keys and shows them.
#[derive(Debug, clap::Subcommand)]
pub enum KeysCommand {
    /// Make the private key (0600) and the key set, where they are missing; replace nothing
    Init,
    /// Show the public keys, and whether the private key belongs to them
    Show,
    /// Create another private key and sign with it from now on; the key set holds both, and nobody is logged out
    Rotate {
        /// How long the longest token of the old key may live: its public half is kept as long
        #[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse_ttl)]
        tokens_live: TimeDelta,
    },
    /// Remove keys from the key set whose last token has expired
    Retire,
    /// Put the public half of the private key into the key set, beside the keys that are there
    Publish,
    /// Take a public key out of the key set: tokens signed with its private half are refused from then on
    Withdraw {
        /// The key's id, as `keys show` prints it
        // One in 64 begins with a dash.
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

/// The claims of a token.
#[derive(Serialize)]
struct Claims {
    iss: &'static str,
    sub: Uuid,
    role: Role,
    iat: i64,
    exp: i64,
}

/// A signed token and what it says.
#[derive(Debug, Serialize)]
pub struct Token {
    /// The token, for `Authorization: Bearer`.
    pub token: String,
    /// Who it stands for.
    pub subject: Uuid,
    /// What they may be.
    pub role: Role,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Signs a token. The subject of an operator or a service is the same on every call unless given.
pub fn mint(key: &PrivateKey, role: Role, subject: Option<MemberId>, ttl: TimeDelta) -> Result<Token, KeyError> {
    let subject = subject.map_or_else(|| Uuid::new_v5(&SUBJECTS, role.as_str().as_bytes()), MemberId::uuid);
    let now = SystemClock.now();
    let expires_at = now + ttl;
    let claims = Claims { iss: "jangbu", sub: subject, role, iat: now.timestamp(), exp: expires_at.timestamp() };
    let token = key.sign_token(&claims)?;
    Ok(Token { token, subject, role, expires_at })
}

/// `jangbu token`.
pub fn token(args: &TokenArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let key = PrivateKey::read(config.signing_key()?)?;
    let role = args.role.map_or(Role::Member, StaffRole::role);
    let subject = args.member.or(args.subject).map(MemberId::new);
    let token = mint(&key, role, subject, args.ttl)?;
    output.show(&token, |t| t.token.clone())
}

/// `jangbu keys`.
pub fn keys(command: &KeysCommand, config: &Config, output: Output) -> Result<(), Failure> {
    let (key_file, jwks_file) = (config.signing_key()?, config.jwks()?);
    match command {
        KeysCommand::Init => {
            let made = keys::ensure(key_file, jwks_file)?;
            let word = |made| if made { "made" } else { "kept" };
            output.remark(format!("private key {}: {}", word(made.key_made), key_file.display()));
            output.remark(format!("key set {}: {}", word(made.jwks_made), jwks_file.display()));
            output.show(&made.public, |key| key.kid.clone())
        }
        KeysCommand::Show => {
            let set = Jwks::read(jwks_file)?;
            output.document(&set)?;
            let public = PrivateKey::read(key_file)?.public();
            if !set.contains(&public) {
                return Err(KeyError::NotInSet { kid: public.kid, path: jwks_file.clone() }.into());
            }
            output.remark(format!("the private key belongs to {}", public.kid));
            Ok(())
        }
        KeysCommand::Rotate { tokens_live } => {
            let rotated = keys::rotate(key_file, jwks_file, SystemClock.now(), *tokens_live)?;
            output.remark(format!("{} signed until now; {}", rotated.old.kid, kept_until(&rotated.old)));
            output.show(&rotated.new, |key| key.kid.clone())
        }
        KeysCommand::Retire => {
            let retired = keys::retire(key_file, jwks_file, SystemClock.now())?;
            for kept in Jwks::read(jwks_file)?.keys.iter().filter(|key| key.exp.is_some()) {
                output.remark(format!("{} is {}", kept.kid, kept_until(kept)));
            }
            output.show(&retired, |keys| match keys.is_empty() {
                true => "no key was retired".into(),
                false => keys.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>().join("\n"),
            })
        }
        KeysCommand::Publish => {
            let public = PrivateKey::read(key_file)?.public();
            let word = if Jwks::publish(jwks_file, public.clone())? { "added" } else { "was there already" };
            output.remark(format!("{}: {word}", jwks_file.display()));
            output.show(&public, |key| key.kid.clone())
        }
        KeysCommand::Withdraw { kid } => withdraw(kid, key_file, jwks_file, output),
    }
}

fn kept_until(key: &keys::Jwk) -> String {
    let until = key.exp.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    until.map_or_else(|| "kept".to_owned(), |until| format!("kept in the set until {}", until.to_rfc3339()))
}

/// A key that signs is not taken out: first another one has to sign.
fn withdraw(kid: &str, key_file: &Path, jwks_file: &Path, output: Output) -> Result<(), Failure> {
    if PrivateKey::read(key_file)?.public().kid == kid {
        let what = format!("{kid} is the public half of {}: sign with another key first", key_file.display());
        return Err(Failure::Usage(what));
    }
    if !Jwks::withdraw(jwks_file, kid)? {
        return Err(Failure::Absent(format!("{} holds no key {kid}", jwks_file.display())));
    }
    output.remark(format!("{}: taken out", jwks_file.display()));
    Ok(())
}

fn parse_ttl(text: &str) -> Result<TimeDelta, String> {
    let wrong = || format!("`{text}` is not a time such as 90s, 15m, 12h or 7d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: i64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let ttl = count.checked_mul(seconds).filter(|s| (1..=366 * 86_400).contains(s));
    ttl.map(TimeDelta::seconds).ok_or("a token lives one second at least and 366 days at most".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_nonsense_is_refused() {
        assert_eq!(parse_ttl("90s"), Ok(TimeDelta::seconds(90)));
        assert_eq!(parse_ttl("7d"), Ok(TimeDelta::days(7)));
        for bad in ["", "s", "0s", "-1h", "1", "1w", "1h30m", "9999999999999999d", "400d", "1é"] {
            assert!(parse_ttl(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_operator_without_a_name_is_the_same_one_every_time() {
        let key = PrivateKey::generate().expect("random");
        let mint = |role| mint(&key, role, None, TimeDelta::minutes(1)).expect("signed").subject;
        assert_eq!(mint(Role::Operator), mint(Role::Operator));
        assert_ne!(mint(Role::Operator), mint(Role::Service));
    }
}
