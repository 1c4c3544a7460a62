//! Names in the scripts of the world: joiners where a script needs them, and nowhere else.

use domain::member::{RealName, RealNameError};

fn name(text: &str) -> Result<String, RealNameError> {
    text.parse::<RealName>().map(|name| name.expose().to_owned())
}

#[test]
fn joiners_stay_where_a_script_needs_them() {
    for (script, good) in [
        ("Sinhala", "ශ\u{dca}\u{200d}ර\u{dd3} ල\u{d82}කා"),
        ("Devanagari, conjunct", "क\u{94d}\u{200d}ष\u{92e}\u{93e}"),
        ("Devanagari, visible virama", "राज\u{94d}\u{200c}कुमार"),
        ("Marathi, eyelash ra", "दर\u{94d}\u{200d}या"),
        ("Bengali, ya-phalaa", "র\u{200d}\u{9cd}যাচেল"),
        ("Bengali, khanda ta of old", "উৎপল ত\u{9cd}\u{200d}"),
        ("Gujarati", "ક\u{acd}\u{200d}ષમા"),
        ("Odia", "କ\u{b4d}\u{200c}ଷମା"),
        ("Tamil", "லக\u{bcd}\u{200c}ஷ்மி"),
        ("Telugu", "ఎక్స\u{c4d}\u{200c}ప్రెస్"),
        ("Kannada, full ra", "ರ\u{200d}\u{ccd}ಯಾನ್"),
        ("Malayalam, chillu of old", "രാജന\u{d4d}\u{200d}"),
        ("Khmer", "ស\u{17d2}\u{200d}រី"),
        ("Persian", "علی\u{200c}رضا"),
        ("Urdu", "بی\u{200c}بی"),
        ("Kurdish", "نێچیر\u{6cc}\u{200c}ان"),
        ("Syriac", "\u{712}\u{200c}\u{712}"),
        ("Mongolian, separated vowel", "\u{1830}\u{1820}\u{1837}\u{1820}\u{1828}\u{180e}\u{1820}"),
        ("Mongolian, variant", "\u{182d}\u{180b}\u{1820}"),
        ("Japanese, variant of a name", "葛\u{e0100}城"),
    ] {
        assert_eq!(name(good).as_deref(), Ok(good), "{script}");
    }
}

#[test]
fn names_without_joiners_are_names_in_every_script() {
    for good in [
        "김민지",
        "山田太郎",
        "李小龍",
        "Nguyễn Thị Hà",
        "Ольга",
        "Γιώργος",
        "أحمد عبد الله",
        "שָׂרָה כהן",
        "آرش کمانگیر",
        "สมชาย ใจดี",
        "ပြည်",
        "ნინო",
        "Հայկ",
        "አበበ",
        "བཀྲ་ཤིས",
        "ᏣᎳᎩ",
        "O\u{2019}Brien-Łukasz",
        "ސާރާ",
        "ߊߡߊߘߎ",
    ] {
        assert!(name(good).is_ok(), "{good}");
    }
}

#[test]
fn joiners_elsewhere_and_whatever_else_is_hidden_are_refused() {
    for hostile in [
        "a\u{200d}b",
        "a\u{200c}b",
        "김\u{200d}민지",
        "\u{200d}김",
        "김\u{200c}",
        "山\u{200c}田",
        "ש\u{200c}ר",
        "ا\u{200c}\u{200c}د",
        "\u{301}Kim",
        "A\u{302}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
        "علی\u{200c}\u{200c}رضا",
        "علی\u{200d}رضا",
        "علی\u{200c}",
        "क\u{200d}ष",
        "क\u{94d}\u{200d}\u{200d}ष",
        "क\u{94d}a\u{200d}ष",
        "a\u{94d}\u{200d}b",
        "a\u{94d}\u{301}\u{200d}b",
        "ශ\u{dca}\u{200d}\u{202e}ර",
        "Kim\u{34f}Minji",
        "Kim\u{fe0f}",
        "Kim\u{e0100}",
        "Kim\u{180b}",
        "a\u{180e}b",
        "김\u{3164}민지",
        "a\u{115f}b",
        "a\u{ad}b",
        "a\u{2060}b",
        "a\u{61c}b",
        "a\u{200e}b",
        "אב\u{200f}",
        "a\u{e0041}b",
        "a\u{fff9}b\u{fffb}",
        "👨\u{200d}👩\u{200d}👧",
    ] {
        assert_eq!(name(hostile), Err(RealNameError::Unseen), "{hostile:?}");
    }
    for blank in ["\u{200d}", "\u{94d}\u{200d}", "\u{fe0f}", "\u{e0100}", "\u{34f}\u{301}", "\u{115f}\u{1160}"] {
        assert_eq!(name(blank), Err(RealNameError::Blank), "{blank:?}");
    }
}

/// Persian keyboards leave a non-joiner behind letters that do not join anyway, and Khmer ones a break between words.
#[test]
fn what_a_keyboard_leaves_behind_is_taken() {
    let given: RealName = "میر\u{200c}حسینی".parse().expect("a name");
    assert_eq!(given.expose(), "میرحسینی");
    let given: RealName = "علی\u{200c}رضا".parse().expect("a name");
    assert_eq!(given.expose(), "علی\u{200c}رضا", "here it parts what would join");
    assert!("សុខ\u{200b}ចាន់".parse::<RealName>().is_ok());
}
