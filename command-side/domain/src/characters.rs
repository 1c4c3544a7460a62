//! Which characters a text may hold that other people are shown: none that is not seen or that turns the direction of
//! writing, but where a script or an emoji needs it. What is hidden forges: a memo that runs backwards shows another amount.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BidiClass, BinaryProperty, CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier,
        EnumeratedProperty, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup, Ideographic, JoiningType,
        LineBreak, Script,
    },
};
use zeroize::Zeroizing;

const ZERO_WIDTH_SPACE: char = '\u{200b}';
const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
const MONGOLIAN_VOWEL_SEPARATOR: char = '\u{180e}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const BLACK_FLAG: char = '\u{1f3f4}';
const STACKED_MARKS: usize = 4;
/// The flags that are written with tag characters: England, Scotland, Wales.
const TAGGED_FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// A character between its neighbours.
#[derive(Clone, Copy)]
struct Context<'a> {
    before: &'a [char],
    it: char,
    after: &'a [char],
}

/// Whether people see of a note (a memo, a reference, a reason) what it says. Right-to-left languages may use their marks
/// of direction; overrides, embeddings and isolates reach beyond the note, and are refused in every language.
pub fn is_clear_note(text: &str) -> bool {
    if draws_over_others(text) {
        return false;
    }
    let right_to_left = text.chars().any(|c| !is_hidden(c) && is_right_to_left(c));
    all(text, |at| {
        !is_hidden(at.it)
            || at.joins_letters()
            || at.shows_joining()
            || at.selects_variant()
            || at.styles_emoji()
            || at.joins_emoji()
            || at.tags_flag()
            || at.ends_word()
            || (right_to_left && at.marks_direction())
    })
}

/// Whether people see of a name what it says. Stricter than a note: no private or unassigned characters, no emoji that are
/// made of several, no marks of direction.
pub fn is_clear_name(text: &str) -> bool {
    !draws_over_others(text)
        && all(text, |at| {
            (!is_unseen(at.it) && !is_hidden(at.it)) || at.joins_letters() || at.selects_variant() || at.ends_word()
        })
}

/// The text without the non-joiners that change nothing: Persian keyboards leave them after letters that do not join anyway.
pub fn without_idle_joiners(text: &str) -> Zeroizing<String> {
    let chars: Zeroizing<Vec<char>> = Zeroizing::new(text.chars().collect());
    let is_idle = |i: usize| Context { before: &chars[..i], it: chars[i], after: &chars[i + 1..] }.is_idle_joiner();
    Zeroizing::new((0..chars.len()).filter(|&i| !is_idle(i)).map(|i| chars[i]).collect())
}

/// Whether marks without a letter of the text under them, or more of them than any language writes on one, are drawn over what
/// stands around it (UTS 39, 5.4: no more than four nonspacing marks in a row).
fn draws_over_others(text: &str) -> bool {
    let mut stacked = 0;
    let is_too_high = text.chars().any(|c| {
        let is_nonspacing = value::<GeneralCategory>(c) == GeneralCategory::NonspacingMark;
        stacked = if is_nonspacing { stacked + 1 } else { 0 };
        stacked > STACKED_MARKS
    });
    is_too_high || text.chars().next().is_some_and(is_mark)
}

/// Whether a text is of scripts that are written together: one alone, Latin with one more, or those of Chinese, Japanese
/// and Korean. Latin with Cyrillic or Greek is not: their letters look alike (UTS 39, "moderately restrictive").
pub fn is_of_one_writing(text: &str) -> bool {
    let mut scripts: Vec<Script> = text.chars().map(value::<Script>).collect();
    scripts.retain(|script| !matches!(*script, Script::Common | Script::Inherited));
    let with_latin = scripts.contains(&Script::Latin);
    scripts.retain(|script| *script != Script::Latin);
    let is_only = |of: &[Script]| scripts.iter().all(|script| of.contains(script));
    let alone = scripts
        .first()
        .is_none_or(|first| is_only(&[*first]) && !(with_latin && matches!(*first, Script::Cyrillic | Script::Greek)));
    alone
        || is_only(&[Script::Han, Script::Hiragana, Script::Katakana])
        || is_only(&[Script::Han, Script::Hangul])
        || is_only(&[Script::Han, Script::Bopomofo])
}

/// Characters that are not seen, steer what is seen, or mean nothing yet: control and format characters (those that turn
/// the direction of writing among them), separators of lines, private and unassigned ones.
pub fn is_unseen(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned};
    matches!(
        value::<GeneralCategory>(c),
        Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Surrogate | Unassigned
    )
}

/// Whether a character shows nothing of its own: a space, a mark with nothing under it, a filler, a blank.
pub fn is_blank(c: char) -> bool {
    let mark = GeneralCategoryGroup::Mark.contains(value::<GeneralCategory>(c));
    c.is_whitespace() || mark || has::<DefaultIgnorableCodePoint>(c) || c == '\u{2800}'
}

fn all(text: &str, is_clear: impl Fn(Context<'_>) -> bool) -> bool {
    let chars: Zeroizing<Vec<char>> = Zeroizing::new(text.chars().collect());
    (0..chars.len()).all(|i| is_clear(Context { before: &chars[..i], it: chars[i], after: &chars[i + 1..] }))
}

impl Context<'_> {
    /// A joiner where it changes how letters are written, by the contextual rules of IDNA (RFC 5892, A.1 and A.2): after a
    /// virama, or between letters that would join. Beyond them the joiner before a virama, with which Bengali writes the
    /// ya-phalaa and Kannada the full ra (The Unicode Standard, 12.2 and 12.8), and Mongolian's separated vowel.
    fn joins_letters(self) -> bool {
        match self.it {
            NON_JOINER => self.follows_virama() || self.parts_joining_letters(),
            JOINER => self.follows_virama() || self.precedes_virama(),
            MONGOLIAN_VOWEL_SEPARATOR => [self.before.last(), self.after.first()]
                .into_iter()
                .all(|c| c.is_some_and(|&c| is_letter(c) && value::<Script>(c) == Script::Mongolian)),
            _ => false,
        }
    }

    fn follows_virama(self) -> bool {
        let Some((&virama, before)) = self.before.split_last() else { return false };
        before.iter().rev().find(|&&c| !is_mark(c)).is_some_and(|&letter| are_conjoined(letter, virama))
    }

    fn precedes_virama(self) -> bool {
        let [virama, next, ..] = *self.after else { return false };
        self.before.last().is_some_and(|&letter| are_conjoined(letter, virama)) && are_conjoined(next, virama)
    }

    fn parts_joining_letters(self) -> bool {
        let joining = |c: &char| Some(value::<JoiningType>(*c)).filter(|kind| *kind != JoiningType::Transparent);
        let before = self.before.iter().rev().find_map(joining);
        let after = self.after.iter().find_map(joining);
        matches!(before, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
            && matches!(after, Some(JoiningType::RightJoining | JoiningType::DualJoining))
    }

    /// A joiner after an Arabic letter at the end of its run, which shows that it joins: the usual sign of the Persian year is heh
    /// and a joiner.
    fn shows_joining(self) -> bool {
        let joins = self.before.last().is_some_and(|&c| {
            value::<JoiningType>(c) == JoiningType::DualJoining && value::<Script>(c) == Script::Arabic
        });
        let goes_on = self.after.first().is_some_and(|&c| is_letter(c) || is_mark(c) || is_hidden(c));
        self.it == JOINER && joins && !goes_on
    }

    /// A non-joiner between two Arabic letters of which the first joins nothing after it.
    fn is_idle_joiner(self) -> bool {
        let is_arabic = |c: Option<&char>| c.is_some_and(|&c| is_letter(c) && value::<Script>(c) == Script::Arabic);
        self.it == NON_JOINER
            && is_arabic(self.before.last())
            && is_arabic(self.after.first())
            && !self.parts_joining_letters()
    }

    /// A selector that chooses one of the shapes of the character before it, where there is a choice.
    fn selects_variant(self) -> bool {
        let Some(&base) = self.before.last() else { return false };
        match self.it {
            '\u{180b}'..='\u{180d}' | '\u{180f}' => value::<Script>(base) == Script::Mongolian,
            '\u{fe00}'..='\u{fe02}' => has::<Ideographic>(base) || value::<Script>(base) == Script::Myanmar,
            '\u{e0100}'..='\u{e01ef}' => has::<Ideographic>(base),
            _ => false,
        }
    }

    /// The selector that asks for an emoji, or for text in its place. After a digit only in a keycap.
    fn styles_emoji(self) -> bool {
        let Some(&base) = self.before.last() else { return false };
        let styled = !base.is_ascii() || self.after.first() == Some(&KEYCAP);
        matches!(self.it, '\u{fe0e}' | EMOJI_STYLE) && has::<Emoji>(base) && styled
    }

    /// A joiner between two emoji, as in a family.
    fn joins_emoji(self) -> bool {
        let base = self.before.iter().rev().find(|&&c| c != EMOJI_STYLE && !has::<EmojiModifier>(c));
        let pictures = [base, self.after.first()];
        self.it == JOINER && pictures.into_iter().all(|c| c.is_some_and(|&c| has::<ExtendedPictographic>(c)))
    }

    /// A tag in one of the flags that are written with tags.
    fn tags_flag(self) -> bool {
        let untagged = |c: char| char::from_u32(u32::from(c).checked_sub(0xe0000)?).filter(char::is_ascii);
        if untagged(self.it).is_none() {
            return false;
        }
        let start = self.before.iter().rposition(|&c| untagged(c).is_none());
        let Some(start) = start.filter(|&start| self.before[start] == BLACK_FLAG) else { return false };
        let tags = self.before[start + 1..].iter().chain([&self.it]).chain(self.after);
        let flag: String = tags.map_while(|&c| untagged(c)).collect();
        flag.strip_suffix('\u{7f}').is_some_and(|flag| TAGGED_FLAGS.contains(&flag))
    }

    /// The end of a word in a script that is written without spaces, such as Khmer.
    fn ends_word(self) -> bool {
        let spaceless = |c: Option<&char>| c.is_some_and(|&c| value::<LineBreak>(c) == LineBreak::ComplexContext);
        self.it == ZERO_WIDTH_SPACE && spaceless(self.before.last()) && spaceless(self.after.first())
    }

    /// One mark of direction, as keyboards of right-to-left languages have it.
    fn marks_direction(self) -> bool {
        let is_mark = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}');
        is_mark(self.it) && !self.before.last().is_some_and(|&c| is_mark(c))
    }
}

/// Not seen at all, or seen only by what it does to others. Arabic signs that stand before a number are format characters
/// too, and are seen.
fn is_hidden(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    let seen = matches!(
        c,
        '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{110bd}' | '\u{110cd}'
    );
    let category = value::<GeneralCategory>(c);
    has::<DefaultIgnorableCodePoint>(c)
        || (matches!(category, Control | Format | LineSeparator | ParagraphSeparator) && !seen)
}

fn is_right_to_left(c: char) -> bool {
    matches!(value::<BidiClass>(c), BidiClass::RightToLeft | BidiClass::ArabicLetter)
}

/// Whether that is a virama, and the letter of its script.
fn are_conjoined(letter: char, virama: char) -> bool {
    value::<CanonicalCombiningClass>(virama) == CanonicalCombiningClass::Virama
        && is_letter(letter)
        && value::<Script>(letter) == value::<Script>(virama)
}

fn is_letter(c: char) -> bool {
    GeneralCategoryGroup::Letter.contains(value::<GeneralCategory>(c))
}

fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(value::<GeneralCategory>(c))
}

fn has<P: BinaryProperty>(c: char) -> bool {
    CodePointSetData::new::<P>().contains(c)
}

fn value<P: EnumeratedProperty>(c: char) -> P {
    CodePointMapData::<P>::new().get(c)
}
