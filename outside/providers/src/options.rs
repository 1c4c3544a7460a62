//! The settings of the providers.

use std::{path::PathBuf, sync::Arc};

use application::{BankProvider, GiftCardIssuer, PaymentProvider, Providers};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    bank::Bank,
    caller::{Caller, Limits},
    error::SetupError,
    gift_cards::GiftCards,
    toss::Toss,
};

/// The providers outside of the bank. What needs one that is not set is refused.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ProviderOptions {
    /// The payment provider `toss` (docs/provider-toss.md): where it is reached
    #[arg(long, env = "JANGBU_PROVIDER_TOSS_URL", hide_env_values = true)]
    pub provider_toss_url: Option<SecretString>,
    /// A file with the API key of `toss`; read again for each call
    #[arg(long, env = "JANGBU_PROVIDER_TOSS_KEY_FILE")]
    pub provider_toss_key_file: Option<PathBuf>,
    /// The bank that pays into accounts elsewhere (docs/provider-bank.md): where it is reached
    #[arg(long, env = "JANGBU_BANK_URL", hide_env_values = true)]
    pub bank_url: Option<SecretString>,
    /// A file with the API key of that bank; read again for each call
    #[arg(long, env = "JANGBU_BANK_KEY_FILE")]
    pub bank_key_file: Option<PathBuf>,
    /// The issuer of gift cards (docs/provider-gift-cards.md): where it is reached
    #[arg(long, env = "JANGBU_GIFT_URL", hide_env_values = true)]
    pub gift_url: Option<SecretString>,
    /// A file with the API key of that issuer; read again for each call
    #[arg(long, env = "JANGBU_GIFT_KEY_FILE")]
    pub gift_key_file: Option<PathBuf>,
}

impl ProviderOptions {
    /// The providers that are set; what is set wrongly is reported at once, and not by the first call.
    pub fn providers(&self) -> Result<Providers, SetupError> {
        let toss = caller("JANGBU_PROVIDER_TOSS_URL", &self.provider_toss_url, &self.provider_toss_key_file)?;
        let bank = caller("JANGBU_BANK_URL", &self.bank_url, &self.bank_key_file)?;
        let gift_cards = caller("JANGBU_GIFT_URL", &self.gift_url, &self.gift_key_file)?;
        let toss = toss.map(|caller| ("toss".to_owned(), Arc::new(Toss::new(caller)) as Arc<dyn PaymentProvider>));
        Ok(Providers {
            payments: toss.into_iter().collect(),
            bank: bank.map(|caller| Arc::new(Bank::new(caller)) as Arc<dyn BankProvider>),
            gift_cards: gift_cards.map(|caller| Arc::new(GiftCards::new(caller)) as Arc<dyn GiftCardIssuer>),
        })
    }
}

fn caller(
    variable: &'static str,
    url: &Option<SecretString>,
    key_file: &Option<PathBuf>,
) -> Result<Option<Caller>, SetupError> {
    let Some(url) = url.as_ref().filter(|url| !url.expose_secret().is_empty()) else { return Ok(None) };
    let key_file = key_file.clone().filter(|file| !file.as_os_str().is_empty());
    Caller::new(variable, url, key_file, Limits::default()).map(Some)
}
