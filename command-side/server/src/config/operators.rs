//! How sessions of operators are set, and by whom else operators are identified.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use application::{ApprovalOptions, AuthOptions, IdentityProvider, Limits};
use chrono::TimeDelta;
use kernel::{ApprovalKinds, Clock};

use crate::oidc::{OidcProvider, OidcSettings};

/// How operators log in, and what one alone does not do.
#[derive(Clone, Debug, clap::Args)]
pub struct OperatorConfig {
    /// Seconds after which a session of an operator ends that is not used
    #[arg(long, env = "JANGBU_OPERATOR_IDLE", default_value_t = 1800, value_parser = clap::value_parser!(i64).range(1..=86_400))]
    pub operator_idle: i64,
    /// Seconds after which a session of an operator ends in any case
    #[arg(long, env = "JANGBU_OPERATOR_SESSION", default_value_t = 43_200, value_parser = clap::value_parser!(i64).range(1..=604_800))]
    pub operator_session: i64,
    /// What waits for a second operator, if an operator who logged in asks for it: reversal, freeze-many, erasure, limits, rates, partner-keys,
    /// promotion, separated by commas; nothing if it is empty
    #[arg(long, env = "JANGBU_APPROVALS", default_value_t = ApprovalKinds::all())]
    pub approvals: ApprovalKinds,
    /// Hours for which it can be approved
    #[arg(long, env = "JANGBU_APPROVAL_HOURS", default_value_t = 24, value_parser = clap::value_parser!(i64).range(1..=720))]
    pub approval_hours: i64,
    /// A reversal that moves no more than this waits for nobody: ASSET:MINOR_UNITS, separated by commas. Reversals of other assets always wait
    #[arg(long, env = "JANGBU_APPROVAL_REVERSALS_ABOVE", default_value = "")]
    pub approval_reversals_above: Limits,
    /// A freeze of many accounts that names no more of them than this waits for nobody
    #[arg(long, env = "JANGBU_APPROVAL_FREEZES_ABOVE", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub approval_freezes_above: u16,
    /// The OpenID Connect provider by which operators can log in, too: its issuer, https:// (http:// on this machine); none if it is not set
    #[arg(long, env = "JANGBU_OIDC_ISSUER", requires = "oidc_client_id")]
    pub oidc_issuer: Option<String>,
    /// What the provider knows this bank by
    #[arg(long, env = "JANGBU_OIDC_CLIENT_ID")]
    pub oidc_client_id: Option<String>,
    /// A file with the secret of that client, if it has one; read again for each log-in
    #[arg(long, env = "JANGBU_OIDC_CLIENT_SECRET_FILE")]
    pub oidc_client_secret_file: Option<PathBuf>,
    /// The claim of the provider's tokens that names an operator
    #[arg(long, env = "JANGBU_OIDC_NAME_CLAIM", default_value = "preferred_username")]
    pub oidc_name_claim: String,
}

impl OperatorConfig {
    /// The options of the authentication service, with what is set here.
    pub(crate) fn auth(&self, options: AuthOptions) -> AuthOptions {
        let (operator_idle, operator_session_lives) =
            (TimeDelta::seconds(self.operator_idle), TimeDelta::seconds(self.operator_session));
        AuthOptions { operator_idle, operator_session_lives, ..options }
    }

    /// What waits for a second operator, from which level on, and for how long.
    pub(crate) fn approvals(&self) -> ApprovalOptions {
        ApprovalOptions {
            kinds: self.approvals.clone(),
            lives: TimeDelta::hours(self.approval_hours),
            reversals_above: self.approval_reversals_above.clone(),
            freezes_above: self.approval_freezes_above.into(),
        }
    }

    /// The provider of identities, if one is set.
    pub(crate) fn identities(&self, clock: Arc<dyn Clock>) -> anyhow::Result<Option<Arc<dyn IdentityProvider>>> {
        // A variable that is empty sets nothing.
        let set = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (Some(issuer), Some(client_id)) = (set(&self.oidc_issuer), set(&self.oidc_client_id)) else {
            return Ok(None);
        };
        let (secret_file, name_claim) = (self.oidc_client_secret_file.clone(), self.oidc_name_claim.clone());
        let settings = OidcSettings { issuer, client_id, secret_file, name_claim };
        let provider = OidcProvider::new(settings, clock).context("JANGBU_OIDC_ISSUER cannot be used")?;
        Ok(Some(Arc::new(provider)))
    }
}
