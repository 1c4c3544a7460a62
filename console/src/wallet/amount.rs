//! Amounts as people type them.

use serde_json::{Value, json};

use crate::{client::Failure, posted::refused, visit::Visit};

/// As many digits as the servers take.
const MOST: usize = 38;

/// What was typed, such as `12,500` or `10.50`, as the servers take it.
pub(crate) async fn money(visit: &Visit, typed: &str, asset: &str) -> Result<Value, Failure> {
    Ok(json!({ "asset": asset, "amount": units(visit, typed, asset).await? }))
}

/// The same as minor units of an asset. Refused while nobody says how many decimals the asset has: a guess would be wrong by powers of ten.
pub(crate) async fn units(visit: &Visit, typed: &str, asset: &str) -> Result<String, Failure> {
    let scale = visit.scale(asset).await?.ok_or_else(|| refused(503, "scale-unknown"))?;
    minor(typed, scale).ok_or_else(|| refused(400, "amount-unreadable"))
}

/// Minor units; none if it is no amount above zero, or has more decimals than the asset.
fn minor(typed: &str, scale: usize) -> Option<String> {
    let plain: String = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != ',').collect();
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let are_digits = [whole, part].iter().all(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    if !are_digits || part.len() > scale || whole.len() > MOST {
        return None;
    }
    let padded = format!("{whole}{part:0<scale$}");
    let digits = padded.trim_start_matches('0');
    (1..=MOST).contains(&digits.len()).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn whole_units_become_minor_units() {
        for (typed, scale, units) in [
            ("12,500", 0, Some("12500")),
            (" 7 ", 0, Some("7")),
            ("10.5", 2, Some("1050")),
            ("10.50", 2, Some("1050")),
            (".05", 2, Some("5")),
            ("5.", 2, Some("500")),
            ("007", 0, Some("7")),
            ("1", 18, Some("1000000000000000000")),
            ("99999999999999999999999999999999999999", 0, Some("99999999999999999999999999999999999999")),
            ("999999999999999999999999999999999999999", 0, None),
            ("1", 38, None),
            ("0", 0, None),
            ("0.00", 2, None),
            ("", 0, None),
            (".", 2, None),
            ("1.234", 2, None),
            ("1.5", 0, None),
            ("-5", 0, None),
            ("+5", 0, None),
            ("1e3", 0, None),
            ("1.2.3", 2, None),
            ("<b>", 0, None),
        ] {
            assert_eq!(minor(typed, scale).as_deref(), units, "{typed} {scale}");
        }
    }
}
