//! What a person agrees to when signing up.

use std::collections::BTreeSet;

use events::recorded::Consent;

use crate::characters::is_unseen;

/// Everything that was asked, at least one of it agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consents(Vec<Consent>);

/// The consents are not good enough to sign up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// The name of a document.
    #[error("the name of a document must be 1 to 64 visible characters long")]
    Document,
    /// The version of a document.
    #[error("the version of a document must be 1 to 32 visible characters long")]
    Version,
    /// The same document twice.
    #[error("must name each document once")]
    Repeated,
    /// Too many documents.
    #[error("must name at most 20 documents")]
    TooMany,
    /// Nothing was agreed to.
    #[error("must hold at least one document that is agreed to")]
    NoneAgreed,
    /// A document that must be agreed to.
    #[error("the document `{0}` must be agreed to")]
    Required(String),
}

impl Consents {
    /// A consent to a version of a document, or its refusal.
    pub fn consent(document: &str, version: &str, agreed: bool) -> Result<Consent, ConsentError> {
        let consent = Consent { document: document.to_owned(), version: version.to_owned(), agreed };
        check(&consent).map(|()| consent)
    }

    /// The consents, if they are enough: at least one agreed to, and every one of the `required` documents.
    pub fn new(consents: Vec<Consent>, required: &[String]) -> Result<Self, ConsentError> {
        if consents.len() > 20 {
            return Err(ConsentError::TooMany);
        }
        consents.iter().try_for_each(check)?;
        let named: BTreeSet<&str> = consents.iter().map(|c| c.document.as_str()).collect();
        if named.len() != consents.len() {
            return Err(ConsentError::Repeated);
        }
        let agreed: BTreeSet<&str> = consents.iter().filter(|c| c.agreed).map(|c| c.document.as_str()).collect();
        if let Some(missing) = required.iter().find(|document| !agreed.contains(document.as_str())) {
            return Err(ConsentError::Required(missing.clone()));
        }
        if agreed.is_empty() {
            return Err(ConsentError::NoneAgreed);
        }
        Ok(Self(consents))
    }

    /// Each of them, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &Consent> {
        self.0.iter()
    }
}

fn check(consent: &Consent) -> Result<(), ConsentError> {
    let good = |text: &str, longest: usize| {
        let all_seen = !text.trim().is_empty() && !text.chars().any(is_unseen);
        all_seen && text.chars().count() <= longest
    };
    if !good(&consent.document, 64) {
        return Err(ConsentError::Document);
    }
    if !good(&consent.version, 32) {
        return Err(ConsentError::Version);
    }
    Ok(())
}
