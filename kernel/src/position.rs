//! Places in the log and in a stream.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Before the first.
            pub const ZERO: Self = Self(0);

            /// That place; Postgres keeps it as `int8`, so it is signed here too.
            pub const fn new(number: i64) -> Self {
                Self(number)
            }

            /// The number.
            pub const fn number(self) -> i64 {
                self.0
            }

            /// The place `count` further on; the last place there is if that is beyond it.
            pub const fn plus(self, count: i64) -> Self {
                Self(self.0.saturating_add(count))
            }

            /// The place after this one.
            pub const fn next(self) -> Self {
                self.plus(1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

counts! {
    /// An event's place in the log: gapless from 1, in commit order; 0 is "before everything".
    Position;
    /// An event's place in its stream: gapless from 1; 0 is "the stream is empty".
    Version;
}
