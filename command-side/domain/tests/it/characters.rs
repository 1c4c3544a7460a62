//! Notes that other people read: what can forge is refused, and languages keep what they are written with.

use domain::characters::is_clear_note;
use proptest::prelude::*;

#[test]
fn languages_and_emoji_are_written_as_they_are() {
    for good in [
        "",
        "rent for May, 12 500 won",
        "5월 월세 (보증금 포함) – 김민지",
        "家賃 5月分",
        "إيجار شهر مايو 12,500",
        "مرحبا (abc) 123 وداعا",
        "שכר דירה, מאי: 12,500 ₪",
        "שלום!\u{200f} 123",
        "עברית \u{200e}(C++)\u{200e} עברית",
        "النص\u{61c} 12-5",
        "می\u{200c}خواهم کتاب\u{200c}ها را بخرم",
        "؀۱۲۳ ۝",
        "ශ\u{dca}\u{200d}ර\u{dd3}",
        "ភាសា\u{200b}ខ្មែរ",
        "ภาษา\u{200b}ไทย",
        "👨\u{200d}👩\u{200d}👧\u{200d}👦 dinner",
        "👩🏽\u{200d}🚀",
        "🏳\u{fe0f}\u{200d}🌈",
        "❤\u{fe0f} 1\u{fe0f}\u{20e3} ©\u{fe0e}",
        "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} 2:1",
        "葛\u{e0100}城",
        "a\u{a0}b\u{3000}c",
        "\u{f8ff}",
        "۱۴۰۴ ه\u{200d}.ش",
        "ه\u{200d}",
        "Tiê\u{301}ng Viê\u{323}t",
        "בְּרֵאשִׁ֖ית",
    ] {
        assert!(is_clear_note(good), "{good:?}");
    }
}

#[test]
fn what_forges_is_refused_in_every_language() {
    let steering = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}').chain('\u{206a}'..='\u{206f}');
    for c in steering {
        for text in
            [format!("paid {c}005,1"), format!("מאי {c}500"), format!("{c}abc\u{202c}"), format!("a{c}\u{2069}")]
        {
            assert!(!is_clear_note(&text), "{text:?}");
        }
    }
    for bad in [
        "\u{338}5,000",
        "a\u{301}\u{301}\u{301}\u{301}\u{301}",
        "ه\u{200d}a",
        "ه\u{200d}\u{200d}",
        "a\0",
        "a\nb",
        "a\r\nb",
        "\u{7f}",
        "\u{85}",
        "\u{9b}31m",
        "a\u{2028}b",
        "a\u{2029}b",
        "REF\u{200b}1",
        "REF\u{200c}1",
        "REF\u{200d}1",
        "REF\u{2060}1",
        "REF\u{feff}1",
        "REF\u{ad}1",
        "REF\u{34f}1",
        "REF\u{fe0f}1",
        "1\u{fe0f}00",
        "REF\u{e0100}1",
        "REF\u{180b}1",
        "REF\u{180e}1",
        "REF\u{3164}1",
        "REF\u{115f}1",
        "REF\u{17b4}1",
        "REF\u{2063}1",
        "REF\u{1d173}1",
        "REF\u{e0041}1",
        "REF\u{e0001}1",
        "REF\u{fff9}1\u{fffa}2\u{fffb}",
        "paid\u{200e}1",
        "paid\u{200f}1",
        "paid\u{61c}1",
        "שלום\u{200f}\u{200f}",
        "👨\u{200d}x",
        "x\u{200d}👨",
        "🏴\u{e0067}\u{e0062}\u{e007f}",
        "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}",
        "🏳\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    ] {
        assert!(!is_clear_note(bad), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_no_override_passes(text in any::<String>(), c in 0x202a..=0x202e_u32, at in 0..20_usize) {
        let _ = is_clear_note(&text);
        let mut chars: Vec<char> = text.chars().collect();
        chars.insert(at.min(chars.len()), char::from_u32(c).expect("a character"));
        prop_assert!(!is_clear_note(&chars.into_iter().collect::<String>()));
    }
}
