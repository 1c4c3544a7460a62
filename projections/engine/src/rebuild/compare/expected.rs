//! The differences that a change of a view is expected to make.

use super::difference::{Change, Difference, Shape};

/// One line of a file of expected differences. `*` stands for anything, `?` for one character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The table.
    pub table: String,
    /// The keys of the rows; none for every row.
    pub key: Option<String>,
    /// The columns that may differ; none for every column, and for rows that only one generation has.
    pub column: Option<String>,
    /// That only one generation has the columns, or the table; none where both have them, with other values.
    pub is: Option<Shape>,
}

/// What is expected to differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected(pub Vec<Expectation>);

impl Expected {
    /// Whether every cell of a column is expected to differ: then it is not looked at.
    pub(super) fn ignores(&self, table: &str, column: &str) -> bool {
        self.0.iter().any(|line| {
            line.is.is_none()
                && line.key.is_none()
                && matches(&line.table, table)
                && line.column.as_ref().is_some_and(|pattern| matches(pattern, column))
        })
    }

    /// These, and that a newer version has columns of its own; `*` instead of a column: a table of its own.
    pub(super) fn with_new(&self, columns: &[(&str, &str)]) -> Self {
        let new = |(table, column): &(&str, &str)| Expectation {
            table: (*table).to_owned(),
            key: None,
            column: (*column != "*").then(|| (*column).to_owned()),
            is: Some(Shape::New),
        };
        Self(self.0.iter().cloned().chain(columns.iter().map(new)).collect())
    }

    /// Whether it is expected that only one generation has a column, or a table.
    fn expects_shape(&self, table: &str, column: Option<&str>, is: Shape) -> bool {
        self.0.iter().filter(|line| line.is == Some(is) && matches(&line.table, table)).any(|line| {
            match (&line.column, column) {
                (None, None) => true,
                (Some(pattern), Some(column)) => matches(pattern, column),
                _ => false,
            }
        })
    }

    /// Whether a difference is expected, in all of its columns.
    pub(super) fn expects(&self, difference: &Difference) -> bool {
        if let Change::Shape { column, is } = &difference.change {
            return self.expects_shape(&difference.table, column.as_deref(), *is);
        }
        let lines: Vec<&Expectation> = self
            .0
            .iter()
            .filter(|line| line.is.is_none())
            .filter(|line| matches(&line.table, &difference.table))
            .filter(|line| line.key.as_ref().is_none_or(|pattern| matches(pattern, &difference.key)))
            .collect();
        let whole_row = lines.iter().any(|line| line.column.is_none());
        match &difference.change {
            Change::Shape { .. } | Change::Sum { .. } => false,
            Change::Missing | Change::Extra => whole_row,
            Change::Columns(columns) => {
                let expected = |column: &String| {
                    lines.iter().any(|line| line.column.as_ref().is_some_and(|pattern| matches(pattern, column)))
                };
                whole_row || (!columns.is_empty() && columns.iter().all(|(column, ..)| expected(column)))
            }
        }
    }
}

/// Whether a text fits a pattern.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // Where the last `*` stands, and how much of the text it has taken: on a misfit it takes one character more.
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_a_shell() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("*ab*ab", "abxabab", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("abc", "abcd", false),
            ("", "", true),
            ("**x", "yyx", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn only_what_was_named_is_expected() {
        let line = |key: Option<&str>, column: Option<&str>| Expectation {
            table: "t".into(),
            key: key.map(Into::into),
            column: column.map(Into::into),
            is: None,
        };
        let changed = |key: &str, columns: &[&str]| Difference {
            table: "t".into(),
            key: key.into(),
            change: Change::Columns(columns.iter().map(|column| ((*column).into(), None, None)).collect()),
        };
        let expected = Expected(vec![line(Some("k1"), None), line(Some("k2*"), Some("memo"))]);
        assert!(expected.expects(&changed("k1", &["a", "b"])));
        assert!(expected.expects(&changed("k22", &["memo"])));
        assert!(!expected.expects(&changed("k22", &["memo", "a"])));
        assert!(!expected.expects(&changed("k3", &["memo"])));
        let gone = |key: &str| Difference { table: "t".into(), key: key.into(), change: Change::Missing };
        assert!(expected.expects(&gone("k1")) && !expected.expects(&gone("k22")));
        let new = |table: &str, column: Option<&str>| {
            let change = Change::Shape { column: column.map(Into::into), is: Shape::New };
            Difference { table: table.into(), key: String::new(), change }
        };
        let newer = expected.with_new(&[("t", "held"), ("u", "*")]);
        assert!(newer.expects(&new("t", Some("held"))) && newer.expects(&new("u", None)));
        assert!(!newer.expects(&new("t", Some("memo"))) && !newer.expects(&new("t", None)));
        assert!(!expected.ignores("t", "memo"));
        assert!(Expected(vec![line(None, Some("m*"))]).ignores("t", "memo"));
    }
}
