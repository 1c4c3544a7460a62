//! Names, mostly hidden: enough for a payer to notice a wrong number, too little to learn who somebody is.

use unicode_segmentation::UnicodeSegmentation;

/// The first and the last letter, and a `*` for each between; of two letters the first alone, of one none. A letter is
/// what a reader takes for one, whatever it is made of.
pub fn mask(name: &str) -> String {
    let letters: Vec<&str> = name.graphemes(true).collect();
    match letters.as_slice() {
        [] => String::new(),
        [_] => "*".to_owned(),
        [first, _] => format!("{first}*"),
        [first, hidden @ .., last] => format!("{first}{}{last}", "*".repeat(hidden.len())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_and_the_last_letter_are_shown() {
        for (name, masked) in [
            ("홍길동", "홍*동"),
            ("김구", "김*"),
            ("王", "*"),
            ("John Smith", "J********h"),
            ("", ""),
            // Letters of several code points stay whole: e with an accent apart, a family, jamo that form one syllable.
            ("e\u{301}lise\u{301}", "e\u{301}***e\u{301}"),
            ("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}ab", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}*b"),
            ("\u{1112}\u{1169}\u{11bc}\u{1100}\u{1175}\u{11af}동", "\u{1112}\u{1169}\u{11bc}*동"),
        ] {
            assert_eq!(mask(name), masked, "{name}");
        }
    }

    proptest! {
        #[test]
        fn nothing_between_the_first_and_the_last_letter_is_shown(name in "[\\p{L}\\p{M} '.-]{1,40}") {
            let (letters, masked) = (name.graphemes(true).collect::<Vec<_>>(), mask(&name));
            let shown: Vec<&str> = masked.graphemes(true).collect();
            prop_assert_eq!(shown.len(), letters.len());
            for (at, letter) in shown.into_iter().enumerate() {
                let kept = letters.len() > 1 && (at == 0 || (at + 1 == letters.len() && letters.len() > 2));
                prop_assert_eq!(letter, if kept { letters[at] } else { "*" });
            }
        }

        #[test]
        fn any_text_is_masked_without_panic(name in any::<String>()) {
            mask(&name);
        }
    }
}
