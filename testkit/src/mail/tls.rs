//! The catcher's certificate.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// A server's TLS from two PEM files: the certificate, with those that lead to its root, and its private key.
pub fn server_config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .with_context(|| format!("{} holds no certificate", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("{} holds no key", key.display()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .context("no TLS version")?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("the certificate and the key do not match")?;
    Ok(Arc::new(config))
}
