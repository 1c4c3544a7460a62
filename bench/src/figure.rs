//! A figure with what is asked of it.

use serde::Serialize;

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What.
    pub name: String,
    /// As measured, with its unit.
    pub raw: String,
    /// The number that the target is about: a ratio, or the raw figure in the target's unit.
    pub value: f64,
    /// Whether [`Figure::value`] is a ratio.
    pub ratio: bool,
    /// What is asked.
    pub target: Target,
    /// Whether it is reached, together with everything else the target asks for.
    pub met: bool,
    /// What else there is to say.
    pub note: String,
}

/// What DESIGN 16 asks under "at least".
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Target {
    /// No less than.
    AtLeast(f64),
    /// No more than.
    AtMost(f64),
}

impl Target {
    pub(super) fn met_by(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }

    /// How far a value is from it, in hundredths of the target; negative if it is missed.
    pub fn margin_percent(self, value: f64) -> f64 {
        match self {
            Self::AtLeast(bound) => (value / bound - 1.0) * 100.0,
            Self::AtMost(bound) => (1.0 - value / bound) * 100.0,
        }
    }
}
