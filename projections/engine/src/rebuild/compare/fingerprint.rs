//! What tells two comparisons apart that found equally many differences.

use std::fmt;

use sha2::{Digest, Sha256};

use super::difference::{Change, Difference};

/// Which rows differ, and in which columns, in whatever order they are found. Values are left out: while the bank works they change in both
/// generations, and the row still differs in the same way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// Adds a difference.
    pub(super) fn add(&mut self, difference: &Difference) {
        let mut digest = Sha256::new();
        // Each part with its length: keys are texts of any kind.
        for part in parts(difference) {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        let digest: [u8; 32] = digest.finalize().into();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        self.0 = self.0.wrapping_add(u128::from_be_bytes(half));
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The table, the key, how the row differs, and the names of columns.
fn parts(difference: &Difference) -> Vec<&str> {
    let Difference { table, key, change } = difference;
    let mut parts = vec![table.as_str(), key.as_str()];
    match change {
        Change::Missing => parts.push("missing"),
        Change::Extra => parts.push("extra"),
        Change::Columns(columns) => {
            parts.push("changed");
            parts.extend(columns.iter().map(|(column, ..)| column.as_str()));
        }
        Change::Sum { of, .. } => parts.extend(["sum", of.as_str()]),
        Change::Shape { column, is } => {
            parts.push(is.as_str());
            parts.extend(column.as_deref());
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(key: &str, columns: &[&str], value: &str) -> Difference {
        let cell = |column: &&str| ((*column).to_owned(), Some(value.to_owned()), None);
        let change = Change::Columns(columns.iter().map(cell).collect());
        Difference { table: "accounts".to_owned(), key: key.to_owned(), change }
    }

    fn of(differences: &[Difference]) -> String {
        let mut fingerprint = Fingerprint::default();
        differences.iter().for_each(|difference| fingerprint.add(difference));
        fingerprint.to_string()
    }

    #[test]
    fn it_tells_rows_and_columns_apart_and_not_the_order_or_the_values() {
        let [one, other] = ["a1", "a2"].map(|key| changed(key, &["balance"], "7"));
        let both = of(&[one.clone(), other.clone()]);
        assert_eq!((both.len(), &both), (32, &of(&[other.clone(), one.clone()])));
        assert_eq!(of(std::slice::from_ref(&one)), of(&[changed("a1", &["balance"], "8")]));
        let missing = Difference { change: Change::Missing, ..one.clone() };
        let others = [
            vec![],
            vec![other],
            vec![one.clone(), one.clone()],
            vec![changed("a1", &["balance", "held"], "7")],
            vec![changed("a1", &["held"], "7")],
            vec![Difference { table: "holds".to_owned(), ..one.clone() }],
            vec![Difference { change: Change::Extra, ..missing.clone() }],
            vec![missing],
        ];
        let mut seen = vec![of(&[one]), both];
        for differences in others {
            let fingerprint = of(&differences);
            assert!(!seen.contains(&fingerprint), "{differences:?}");
            seen.push(fingerprint);
        }
    }
}
