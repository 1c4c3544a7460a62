//! The list of views.

/// Makes `View` of the list in `lib.rs`: a view is written down once, with the name under which the registry knows it.
macro_rules! views {
    ($($view:ident = $name:literal,)+) => {
        /// A view whose live generation is read here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "a variant is called what its view is called")]
        pub enum View {
            $($view),+
        }

        impl View {
            /// Every view read here.
            pub const ALL: [Self; [$(Self::$view),+].len()] = [$(Self::$view),+];

            /// The name under which the registry knows it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$view => $name),+
                }
            }

            /// The view of that name, if it is read here.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|view| view.name() == name)
            }

            /// Its place in [`View::ALL`].
            pub(crate) fn index(self) -> usize {
                self as usize
            }
        }
    };
}

pub(crate) use views;

#[cfg(test)]
mod tests {
    use crate::View;

    #[test]
    fn every_view_stands_at_its_index_and_is_found_by_its_name() {
        for (index, view) in View::ALL.into_iter().enumerate() {
            assert_eq!(view.index(), index);
            assert_eq!(View::named(view.name()), Some(view));
        }
        assert_eq!(View::named("nobody"), None);
    }
}
