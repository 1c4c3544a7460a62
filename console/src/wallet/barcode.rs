//! Barcodes: Code 128, set C, which holds two digits in each symbol (ISO/IEC 15417).

use super::drawing::Drawing;

/// The widths of bars and spaces in turn, by the value of the symbol.
const SYMBOLS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312",
    "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212",
    "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121",
    "111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331",
    "132131", "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131", "311123",
    "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111", "111224", "111422", "121124",
    "121421", "141122", "141221", "112214", "112412", "122114", "122411", "142112", "142211", "241211", "221114",
    "413111", "241112", "134111", "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112",
    "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
];
const START: usize = 105;
const STOP: usize = 106;
/// Light at both ends, as scanners want it.
const QUIET: usize = 10;
const HEIGHT: usize = 48;

/// An even number of digits as a barcode; none if it is none.
pub(crate) fn draw(digits: &str) -> Option<Drawing> {
    let symbols = symbols(digits)?;
    let widths = symbols.iter().flat_map(|symbol| SYMBOLS[*symbol].bytes()).map(|width| usize::from(width - b'0'));
    let widths: Vec<usize> = widths.collect();
    let mut drawing = Drawing::new(2 * QUIET + widths.iter().sum::<usize>(), HEIGHT);
    let mut x = QUIET;
    for (index, width) in widths.into_iter().enumerate() {
        if index.is_multiple_of(2) {
            drawing.add((x, 0), width, HEIGHT);
        }
        x += width;
    }
    Some(drawing)
}

/// Start, the digits in pairs, the check symbol, stop.
fn symbols(digits: &str) -> Option<Vec<usize>> {
    let is_even = !digits.is_empty() && digits.len().is_multiple_of(2);
    if !is_even || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = |pair: &[u8]| usize::from(pair[0] - b'0') * 10 + usize::from(pair[1] - b'0');
    let values: Vec<usize> = digits.as_bytes().chunks_exact(2).map(value).collect();
    let weighted: usize = values.iter().enumerate().map(|(index, value)| (index + 1) * value).sum();
    let ends = [(START + weighted) % 103, STOP];
    Some([START].into_iter().chain(values).chain(ends).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_symbol_is_eleven_wide_with_an_even_number_of_dark_places_and_like_no_other() {
        for (value, symbol) in SYMBOLS.iter().enumerate().take(STOP) {
            let widths: Vec<u8> = symbol.bytes().map(|width| width - b'0').collect();
            assert_eq!((widths.len(), widths.iter().sum::<u8>()), (6, 11), "{value}");
            assert_eq!(widths.iter().step_by(2).sum::<u8>() % 2, 0, "{value}");
        }
        assert_eq!(SYMBOLS.iter().collect::<BTreeSet<_>>().len(), SYMBOLS.len());
    }

    #[test]
    fn the_check_symbol_is_the_weighted_sum() {
        // 105 + 1 * 12 + 2 * 34 + 3 * 56 = 353 = 3 * 103 + 44
        assert_eq!(symbols("123456"), Some(vec![105, 12, 34, 56, 44, 106]));
        assert_eq!(symbols("00"), Some(vec![105, 0, 2, 106]));
        for none in ["", "1", "12345", "12a4", "１２"] {
            assert_eq!(symbols(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_drawing_begins_with_the_start_symbol_after_light() {
        let drawing = draw("482915730264819537460214").expect("drawn");
        // Start, twelve pairs, check and stop.
        assert_eq!(drawing.width, 20 + 14 * 11 + 13);
        assert!(drawing.path.starts_with("M10 0h2v48h-2zM13 0h1v48h-1zM16 0h3v48h-3z"), "{}", drawing.path);
    }
}
