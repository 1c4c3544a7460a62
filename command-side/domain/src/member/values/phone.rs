//! Telephone numbers by the numbering plans of the world: one subscriber, one spelling.

use phonenumber::{Metadata, Type, country::Id, metadata::DATABASE};

const MEXICO: u16 = 52;

/// E.164: `+`, the country's code, and the number as that country's plan has it. The prefix that is dialled inside some
/// countries only (the first 0 of 010 in Korea) is taken off; where the 0 is part of the number, as in Italy, it stays.
/// None if numbers of that country are not that long. The ranges in use are not asked for: they are opened more often than
/// this bank is built.
pub(super) fn e164(text: &str) -> Option<String> {
    let number = by_plan(text)?;
    // A number that would be another one if it were read again has no one spelling.
    (by_plan(&number).as_deref() == Some(number.as_str())).then_some(number)
}

/// Other spellings that builds before there were plans kept as numbers of their own: with the prefix for calls inside the
/// country. No plan has one of more than two digits.
pub(super) fn with_prefixes(e164: &str) -> Vec<String> {
    let Some(code) = country_code(e164).map(|code| code.to_string()) else { return Vec::new() };
    let national = &e164[1 + code.len()..];
    let prefixes = (0..10).map(|prefix| prefix.to_string()).chain((0..100).map(|prefix| format!("{prefix:02}")));
    let spellings = prefixes.map(|prefix| format!("+{code}{prefix}{national}"));
    spellings.filter(|spelling| is_international(spelling) && by_plan(spelling).as_deref() == Some(e164)).collect()
}

fn by_plan(text: &str) -> Option<String> {
    let code = country_code(text)?;
    let given = &text[1 + code.to_string().len()..];
    // The plan of the code's main country says which prefix is taken off. Codes that belong to no country have none.
    let main = DATABASE.region(&code)?.first()?.parse::<Id>().ok();
    let parsed = phonenumber::parse(main, text).ok()?.national().to_string();
    let parsed = match code {
        MEXICO => without_mobile_prefix(&parsed).to_owned(),
        _ => parsed,
    };
    let plans = DATABASE.by_code(&code)?;
    let is_long_enough =
        |national: &&str| plans.iter().any(|plan| lengths(plan).any(|length| length == national.len()));
    let is_of_plan = |national: &&str| {
        is_long_enough(national) && plans.iter().any(|plan| plan.descriptors().general().is_match(national))
    };
    // A number may begin with what is a prefix elsewhere in its plan: then it is not taken off.
    let given = if code == MEXICO { without_mobile_prefix(given) } else { given };
    let spellings = [parsed.as_str(), given];
    let national =
        spellings.iter().copied().find(is_of_plan).or_else(|| spellings.iter().copied().find(is_long_enough))?;
    Some(format!("+{code}{national}")).filter(|e164| is_international(e164))
}

/// Until 2019 a 1 stood between the code of Mexico and a mobile number, and it is still in many address books.
fn without_mobile_prefix(national: &str) -> &str {
    national.strip_prefix('1').filter(|number| number.len() == 10).unwrap_or(national)
}

/// How many digits the numbers of a plan have.
fn lengths(plan: &Metadata) -> impl Iterator<Item = usize> {
    use Type::{FixedLine, Mobile, Pager, PersonalNumber, PremiumRate, SharedCost, TollFree, Uan, Voip};
    let kinds = [FixedLine, Mobile, Pager, PersonalNumber, PremiumRate, SharedCost, TollFree, Uan, Voip];
    let of = kinds.into_iter().filter_map(|kind| plan.descriptors().get(kind));
    of.flat_map(|kind| kind.possible_length().iter().copied().map(usize::from))
}

/// No code is the beginning of another.
fn country_code(text: &str) -> Option<u16> {
    let digits = text.strip_prefix('+').filter(|_| is_international(text))?;
    let mut codes = (1..=3).filter_map(|length| digits.get(..length)?.parse().ok());
    codes.find(|code: &u16| DATABASE.by_code(code).is_some())
}

/// `+` and 8 to 15 digits, the first of them not 0.
fn is_international(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
}
