//! `jangbu vault status`.

use serde::Serialize;
use vault::{Kek, Keyring};

use super::keyring::{failed, open};
use crate::{
    config::Config,
    failure::Failure,
    output::{Output, Table},
};

/// One key-encryption key.
#[derive(Debug, Serialize)]
pub struct Line {
    kek: String,
    wrapped: i64,
    current: bool,
}

pub async fn run(config: &Config, output: Output) -> Result<(), Failure> {
    let (kek, keyring) = open(config).await?;
    output.show(&lines(&*kek, &keyring).await?, |lines| text(lines))
}

/// Every key-encryption key in use, and the current one even if nothing uses it yet.
pub async fn lines(kek: &dyn Kek, keyring: &Keyring) -> Result<Vec<Line>, Failure> {
    let current = kek.current().await.map_err(Failure::Kek)?;
    let counts = keyring.count().await.map_err(failed("counting wrapped keys"))?;
    let mut lines: Vec<Line> = counts
        .into_iter()
        .map(|count| Line { current: count.kek == current, kek: count.kek, wrapped: count.wrapped })
        .collect();
    if !lines.iter().any(|line| line.current) {
        lines.push(Line { kek: current, wrapped: 0, current: true });
    }
    Ok(lines)
}

/// As a table for people.
pub fn text(lines: &[Line]) -> String {
    let mut table = Table::new(["key-encryption key", "wraps", ""]);
    for line in lines {
        let current = if line.current { "current" } else { "old" };
        table.row([line.kek.clone(), line.wrapped.to_string(), current.into()]);
    }
    table.render()
}
