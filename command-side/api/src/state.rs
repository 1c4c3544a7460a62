//! What every route is given.

use std::{sync::Arc, time::Duration};

use application::{AuthError, ExecuteError};
use axum::extract::FromRef;
use kernel::{Assets, Zone};
use platform::{auth::Verifier, http::TrustForwarded};

use crate::{
    identity::CommandIds,
    port::{AuthPort, CommandPort, Services},
};

/// What every route is given. Cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Inner>);

/// How the routes are set.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// The assets the bank knows.
    pub assets: Assets,
    /// The time zone of limits and standing orders that name none.
    pub zone: Zone,
    /// How long a command may wait to be decided.
    pub deadline: Duration,
    /// The documents that must be agreed to, to sign up.
    pub required_consents: Vec<String>,
    /// Whether a proxy sends the address that requests come from.
    pub trust_forwarded: TrustForwarded,
    /// What the bank is connected to.
    pub connected: Connected,
}

/// What of the outside the bank is connected to: processes with anything else are not started.
#[derive(Clone, Debug, Default)]
pub struct Connected {
    /// Payment providers, by the names that members give.
    pub payments: Vec<String>,
    /// A bank for payouts.
    pub bank: bool,
    /// An issuer of gift cards.
    pub gift_cards: bool,
}

struct Inner {
    services: Arc<dyn Services>,
    verifier: Verifier,
    options: ApiOptions,
}

impl ApiState {
    /// The bank and its authentication service, and who may ask them.
    pub fn new(services: Arc<dyn Services>, verifier: Verifier, options: ApiOptions) -> Self {
        Self(Arc::new(Inner { services, verifier, options }))
    }

    pub(crate) fn command_ids(&self) -> Result<CommandIds, ExecuteError> {
        self.0.services.command_ids()
    }

    pub(crate) fn bank(&self) -> Result<&dyn CommandPort, ExecuteError> {
        self.0.services.bank()
    }

    pub(crate) fn auth(&self) -> Result<&dyn AuthPort, AuthError> {
        self.0.services.auth()
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    pub(crate) fn assets(&self) -> &Assets {
        &self.0.options.assets
    }

    pub(crate) fn zone(&self) -> Zone {
        self.0.options.zone
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.0.options.deadline
    }

    pub(crate) fn connected(&self) -> &Connected {
        &self.0.options.connected
    }

    pub(crate) fn required_consents(&self) -> &[String] {
        &self.0.options.required_consents
    }
}

impl FromRef<ApiState> for Verifier {
    fn from_ref(state: &ApiState) -> Self {
        state.0.verifier.clone()
    }
}

impl FromRef<ApiState> for TrustForwarded {
    fn from_ref(state: &ApiState) -> Self {
        state.0.options.trust_forwarded
    }
}
