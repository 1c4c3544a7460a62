//! What a person sees: on standard output, with colour on a terminal only.

use std::{collections::BTreeMap, io::IsTerminal, time::Duration};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::bank::DemoBank;

fn paint(code: &str, text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// A heading.
pub fn heading(text: &str) {
    println!("\n{}", paint("1", text));
}

/// One thing and what became of it.
pub fn line(name: &str, detail: &str) {
    println!("  {} {detail}", paint("36", &format!("{name:<11}")));
}

/// Something to know.
pub fn note(text: &str) {
    println!("  {} {text}", paint("33", "note"));
}

/// A check and how it went.
pub fn judged(well: bool, text: &str) {
    println!("  {} {text}", if well { paint("32", "the same") } else { paint("1;31", "DIFFERS ") });
}

/// A store that was looked through for words.
pub fn searched(clean: bool, what: &str, bytes: u64, found: usize) {
    let size = format!("{} kB", grouped(&bytes.div_ceil(1000).to_string()));
    let result = if clean { paint("32", "nothing") } else { paint("1;31", &format!("{found} FOUND")) };
    println!("    {what:<50} {size:>12}  {result}");
}

/// A number with its thousands apart.
pub fn count(number: usize) -> String {
    grouped(&number.to_string())
}

/// One transfer between customers.
pub fn transfer(source: &str, destination: &str, amount: &str, memo: &str, outcome: &str) {
    println!("  {source:>6} to {destination:<6} {amount:>18}  {memo:<8} {}", paint("2", outcome));
}

/// A duration as people say it.
pub fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// An asset.
#[derive(Clone, Debug, Deserialize)]
pub struct Asset {
    code: String,
    scale: usize,
}

impl Asset {
    /// An amount of minor units as people write it.
    pub fn show(&self, units: i128) -> String {
        let sign = if units < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", units.unsigned_abs(), width = self.scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale);
        let point = if self.scale > 0 { "." } else { "" };
        format!("{sign}{}{point}{fraction} {}", grouped(whole), self.code)
    }
}

/// The assets of the bank.
pub struct Assets {
    known: BTreeMap<String, Asset>,
    czk: Asset,
}

impl Assets {
    /// Asks the bank.
    pub async fn read(bank: &DemoBank) -> Result<Self> {
        let reply = bank.operator.get("/v1/assets", None).await?.expect(200)?;
        let items: Vec<Asset> = serde_json::from_value(reply.body["items"].clone()).context("the list of assets")?;
        let known: BTreeMap<_, _> = items.into_iter().map(|asset| (asset.code.clone(), asset)).collect();
        let czk = known.get("CZK").context("this bank has no CZK: add CZK:2:Czech koruna to JANGBU_ASSETS")?.clone();
        Ok(Self { known, czk })
    }

    /// The asset of the file.
    pub fn czk(&self) -> &Asset {
        &self.czk
    }

    /// Whether the bank keeps it.
    pub fn has(&self, code: &str) -> bool {
        self.known.contains_key(code)
    }

    /// An asset by its code; one that is not known is shown in minor units.
    pub fn of(&self, code: &str) -> Asset {
        self.known.get(code).cloned().unwrap_or_else(|| Asset { code: code.to_owned(), scale: 0 })
    }
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_point_where_the_asset_has_it() {
        let asset = |scale| Asset { code: "X".to_owned(), scale };
        assert_eq!(asset(2).show(123_456_789), "1,234,567.89 X");
        assert_eq!(asset(2).show(-5), "-0.05 X");
        assert_eq!(asset(2).show(0), "0.00 X");
        assert_eq!(asset(0).show(1_000), "1,000 X");
        assert_eq!(asset(18).show(1), "0.000000000000000001 X");
    }
}
