//! Assets: currencies and coins with a fixed scale.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::StreamId;

/// The code of an asset: 2 to 8 upper-case ASCII letters or digits, beginning with a letter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssetCode {
    bytes: [u8; 8],
    len: u8,
}

impl AssetCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

/// The namespace of the streams of rates.
const RATES: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f72_6174_6573_0000_0001);

impl AssetCode {
    /// The stream of the rate at which the bank gives `to` for this asset.
    pub fn rate_stream(self, to: Self) -> StreamId {
        StreamId::new(Uuid::new_v5(&RATES, format!("{self}/{to}").as_bytes()))
    }
}

impl FromStr for AssetCode {
    type Err = AssetError;

    fn from_str(text: &str) -> Result<Self, AssetError> {
        let legal = (2..=8).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && text.as_bytes()[0].is_ascii_uppercase();
        if !legal {
            return Err(AssetError::Code);
        }
        let mut bytes = [0; 8];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { bytes, len: text.len() as u8 })
    }
}

impl fmt::Display for AssetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AssetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for AssetCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AssetCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One asset: its code, how many decimal digits a minor unit is below one unit, and its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asset {
    /// The code, such as `KRW`.
    pub code: AssetCode,
    /// Decimal digits after the point when shown to people; amounts are always whole minor units.
    pub scale: u8,
    /// The name shown to people.
    pub name: String,
}

/// The assets this bank knows, from configuration; fixed for the life of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets(BTreeMap<AssetCode, Asset>);

impl Assets {
    /// The configuration used when none is given.
    pub const DEFAULT: &str =
        "KRW:0:South Korean won,USD:2:United States dollar,EUR:2:Euro,CZK:2:Czech koruna,BUP:18:Bupyeong coin";

    /// The asset of that code, if this bank knows it.
    pub fn get(&self, code: AssetCode) -> Option<&Asset> {
        self.0.get(&code)
    }

    /// Every asset, in the order of the codes.
    pub fn iter(&self) -> impl Iterator<Item = &Asset> {
        self.0.values()
    }
}

impl FromStr for Assets {
    type Err = AssetError;

    /// Reads `CODE:SCALE:NAME` entries separated by commas.
    fn from_str(text: &str) -> Result<Self, AssetError> {
        let mut assets = BTreeMap::new();
        for entry in text.split(',') {
            let mut parts = entry.trim().splitn(3, ':');
            let (Some(code), Some(scale), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
                return Err(AssetError::Entry(entry.to_owned()));
            };
            let code: AssetCode = code.parse()?;
            let scale: u8 = scale.parse().map_err(|_| AssetError::Scale(entry.to_owned()))?;
            if scale > 30 {
                return Err(AssetError::Scale(entry.to_owned()));
            }
            let asset = Asset { code, scale, name: name.to_owned() };
            if assets.insert(code, asset).is_some() {
                return Err(AssetError::Twice(code));
            }
        }
        Ok(Self(assets))
    }
}

/// Why an asset or the list of assets was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssetError {
    /// Not a code.
    #[error("an asset code is 2 to 8 upper-case letters or digits, beginning with a letter")]
    Code,
    /// An entry that is not `CODE:SCALE:NAME`.
    #[error("`{0}` is not CODE:SCALE:NAME")]
    Entry(String),
    /// A scale that is not 0 to 30.
    #[error("the scale in `{0}` is not a whole number from 0 to 30")]
    Scale(String),
    /// The same code given twice.
    #[error("the asset {0} is listed twice")]
    Twice(AssetCode),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_list_has_the_five_assets_with_their_scales() {
        let assets: Assets = Assets::DEFAULT.parse().expect("default");
        let scales: Vec<_> = assets.iter().map(|a| (a.code.as_str().to_owned(), a.scale)).collect();
        let expected = [("BUP", 18), ("CZK", 2), ("EUR", 2), ("KRW", 0), ("USD", 2)];
        assert_eq!(scales, expected.map(|(c, s)| (c.to_owned(), s)));
    }

    #[test]
    fn codes_that_are_not_codes_are_refused() {
        for bad in ["", "K", "krw", "1KR", "KRWKRWKRW", "K W", "KRé"] {
            assert_eq!(bad.parse::<AssetCode>(), Err(AssetError::Code), "{bad}");
        }
    }

    #[test]
    fn a_list_with_a_fault_is_refused() {
        assert!(matches!("KRW".parse::<Assets>(), Err(AssetError::Entry(_))));
        assert!(matches!("KRW:x:won".parse::<Assets>(), Err(AssetError::Scale(_))));
        assert!(matches!("KRW:0:won,KRW:0:won".parse::<Assets>(), Err(AssetError::Twice(_))));
    }
}
