//! The token of a request, kept so that it can be checked again: when the body is complete, and when a read is answered.

use std::sync::{Arc, OnceLock};

use axum::http::{Extensions, HeaderValue};
use uuid::Uuid;

use super::{
    quotas::{Quotas, Standing},
    refusal::{bearer_in, problem_of},
    verifier::Verifier,
};
use crate::problem::Problem;

/// The token that a request presented, if it presented one. Clones share it.
///
/// A token is good at one moment only, and a request takes time: its body may arrive slowly, a read may wait for a view.
/// [`Principal`](super::Principal) leaves the token here; a request that waited checks it again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Presented(Arc<Kept>);

#[derive(Debug, Default)]
struct Kept {
    token: OnceLock<Token>,
    /// Of a partner's request: where the partner stands with its quota.
    standing: OnceLock<Standing>,
}

struct Token {
    verifier: Verifier,
    header: HeaderValue,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Presented {
    /// The place of a request's token; made if the request has none yet.
    pub(crate) fn of(extensions: &mut Extensions) -> Self {
        extensions.get_or_insert_default::<Self>().clone()
    }

    /// Keeps a token that holds now.
    pub(super) fn keep(&self, verifier: Verifier, header: HeaderValue) {
        // A request has one token: the second extractor that verifies it verifies the same.
        let _ = self.0.token.set(Token { verifier, header });
    }

    /// Counts the request for a partner; once, however many extractors verify its token.
    pub(super) fn count(&self, quotas: &Quotas, partner: Uuid) -> Result<(), Problem> {
        self.0.standing.get_or_init(|| quotas.count(partner)).check()
    }

    /// Where a partner stands with its quota, if it is a partner who asks.
    pub(crate) fn standing(&self) -> Option<Standing> {
        self.0.standing.get().copied()
    }

    /// Refuses the request if its token holds no more. A request without a token passes.
    pub(crate) fn check_again(&self) -> Result<(), Problem> {
        let Some(token) = self.0.token.get() else { return Ok(()) };
        let verified = token.verifier.verify(bearer_in(&token.header)?);
        verified.map(drop).map_err(|error| {
            metrics::counter!("auth_tokens_refused_late_total").increment(1);
            problem_of(error)
        })
    }
}
