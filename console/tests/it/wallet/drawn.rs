//! What a till sees of a payment code: both drawings are read as a scanner reads them, by rules of their own.

use serde_json::json;

use super::bank::{AT, logged_in, start};
use crate::bank::ID;

const CODE: &str = "482915730264819537460214";
/// What a scanner wants left light around.
const QUIET: usize = 4;
const QUIET_OF_BARS: usize = 10;
/// The side of the smallest QR code, in modules.
const SIDE: usize = 21;

/// Dark places of a drawing, row by row.
struct Picture {
    rows: Vec<Vec<bool>>,
}

impl Picture {
    /// The drawing with this label on a page.
    fn on(page: &str, label: &str) -> Self {
        let (before, after) = page.split_once(&format!("aria-label=\"{label}\"")).expect("a drawing");
        let view = before.rsplit("viewBox=\"0 0 ").next().expect("a box").split('"').next().expect("a box");
        let (width, height) = view.split_once(' ').expect("two sides");
        let (width, height): (usize, usize) = (width.parse().expect("a width"), height.parse().expect("a height"));
        let path = after.split("<path d=\"").nth(1).expect("a path").split('"').next().expect("a path");
        let mut rows = vec![vec![false; width]; height];
        for piece in path.split('z').filter(|piece| !piece.is_empty()) {
            let numbers: Vec<usize> =
                piece.split(|letter: char| !letter.is_ascii_digit()).filter_map(|text| text.parse().ok()).collect();
            let [x, y, wide, high, back]: [usize; 5] = numbers.try_into().expect(piece);
            assert_eq!((wide, piece), (back, format!("M{x} {y}h{wide}v{high}h-{back}").as_str()));
            for row in &mut rows[y..y + high] {
                row[x..x + wide].fill(true);
            }
        }
        Self { rows }
    }

    fn is_dark(&self, row: usize, column: usize) -> bool {
        self.rows[row][column]
    }
}

fn number(bits: &[bool]) -> usize {
    bits.iter().fold(0, |number, bit| number * 2 + usize::from(*bit))
}

/// The bars and spaces of each symbol of Code 128, a bit for each place (ISO/IEC 15417, table 1).
#[rustfmt::skip]
const SYMBOLS: [usize; 106] = [
    0x6cc, 0x66c, 0x666, 0x498, 0x48c, 0x44c, 0x4c8, 0x4c4, 0x464, 0x648, 0x644, 0x624,
    0x59c, 0x4dc, 0x4ce, 0x5cc, 0x4ec, 0x4e6, 0x672, 0x65c, 0x64e, 0x6e4, 0x674, 0x76e,
    0x74c, 0x72c, 0x726, 0x764, 0x734, 0x732, 0x6d8, 0x6c6, 0x636, 0x518, 0x458, 0x446,
    0x588, 0x468, 0x462, 0x688, 0x628, 0x622, 0x5b8, 0x58e, 0x46e, 0x5d8, 0x5c6, 0x476,
    0x776, 0x68e, 0x62e, 0x6e8, 0x6e2, 0x6ee, 0x758, 0x746, 0x716, 0x768, 0x762, 0x71a,
    0x77a, 0x642, 0x78a, 0x530, 0x50c, 0x4b0, 0x486, 0x42c, 0x426, 0x590, 0x584, 0x4d0,
    0x4c2, 0x434, 0x432, 0x612, 0x650, 0x7ba, 0x614, 0x47a, 0x53c, 0x4bc, 0x49e, 0x5e4,
    0x4f4, 0x4f2, 0x7a4, 0x794, 0x792, 0x6de, 0x6f6, 0x7b6, 0x578, 0x51e, 0x45e, 0x5e8,
    0x5e2, 0x7a8, 0x7a2, 0x5de, 0x5ee, 0x75e, 0x7ae, 0x684, 0x690, 0x69c,
];
const START_C: usize = 105;
const STOP: usize = 0b1_1000_1110_1011;

/// The digits of a barcode in set C of Code 128.
fn read_bars(picture: &Picture) -> String {
    let row = &picture.rows[0];
    assert!(picture.rows.iter().all(|other| other == row), "bars go from top to bottom");
    let (first, last) = (row.iter().position(|dark| *dark), row.iter().rposition(|dark| *dark));
    let (first, last) = first.zip(last).expect("bars");
    assert!(first >= QUIET_OF_BARS && row.len() - 1 - last >= QUIET_OF_BARS, "light at both ends");
    let (symbols, stop) = row[first..=last].split_at(last + 1 - first - 13);
    assert_eq!(number(stop), STOP);
    assert_eq!(symbols.len() % 11, 0);
    let value = |symbol: &[bool]| SYMBOLS.iter().position(|known| *known == number(symbol)).expect("a symbol");
    let values: Vec<usize> = symbols.chunks(11).map(value).collect();
    let (check, values) = values.split_last().expect("a check symbol");
    assert_eq!(values[0], START_C);
    let weighted: usize = values[1..].iter().enumerate().map(|(index, value)| (index + 1) * value).sum();
    assert_eq!((START_C + weighted) % 103, *check, "the check symbol");
    values[1..].iter().map(|pair| format!("{pair:02}")).collect()
}

/// Whether a mask of QR codes turns this module.
fn is_turned(mask: usize, row: usize, column: usize) -> bool {
    let product = row * column;
    match mask {
        0 => (row + column).is_multiple_of(2),
        1 => row.is_multiple_of(2),
        2 => column.is_multiple_of(3),
        3 => (row + column).is_multiple_of(3),
        4 => (row / 2 + column / 3).is_multiple_of(2),
        5 => product % 2 + product % 3 == 0,
        6 => (product % 2 + product % 3).is_multiple_of(2),
        _ => ((row + column) % 2 + product % 3).is_multiple_of(2),
    }
}

/// The product in the field of 256 elements that QR codes use.
fn product(mut left: usize, mut right: usize) -> usize {
    let mut sum = 0;
    while right > 0 {
        if right & 1 == 1 {
            sum ^= left;
        }
        left <<= 1;
        if left & 0x100 != 0 {
            left ^= 0x11d;
        }
        right >>= 1;
    }
    sum
}

/// The bits of the code words, in the order in which they are laid out (ISO/IEC 18004, version 1).
fn bits(is_dark: &dyn Fn(usize, usize) -> bool, mask: usize) -> Vec<bool> {
    let is_pattern = |row: usize, column: usize| {
        let is_corner = (row < 9 && !(9..13).contains(&column)) || (row >= 13 && column < 9);
        is_corner || row == 6 || column == 6
    };
    let mut bits = Vec::new();
    for (turn, right) in [20, 18, 16, 14, 12, 10, 8, 5, 3, 1].into_iter().enumerate() {
        for step in 0..SIDE {
            let row = if turn.is_multiple_of(2) { SIDE - 1 - step } else { step };
            for column in [right, right - 1] {
                if !is_pattern(row, column) {
                    bits.push(is_dark(row, column) ^ is_turned(mask, row, column));
                }
            }
        }
    }
    bits
}

/// The digits of a QR code of version 1 with correction level M. All of its code words have to be right.
fn read_qr(picture: &Picture) -> String {
    assert_eq!((picture.rows.len(), picture.rows[0].len()), (SIDE + 2 * QUIET, SIDE + 2 * QUIET));
    for (row, places) in picture.rows.iter().enumerate() {
        for (column, dark) in places.iter().enumerate() {
            let is_inside = [row, column].iter().all(|place| (QUIET..QUIET + SIDE).contains(place));
            assert!(is_inside || !dark, "light around: {row}, {column}");
        }
    }
    let is_dark = |row: usize, column: usize| picture.is_dark(row + QUIET, column + QUIET);
    let (along, down) = ([0, 1, 2, 3, 4, 5, 7, 8], [7, 5, 4, 3, 2, 1, 0]);
    let format = along.map(|column| is_dark(8, column)).into_iter().chain(down.map(|row| is_dark(row, 8)));
    let format = number(&format.collect::<Vec<_>>()) ^ 0b101_0100_0001_0010;
    assert_eq!(format >> 13, 0, "correction level M");
    let bits = bits(&is_dark, (format >> 10) & 7);
    let words: Vec<usize> = bits.chunks(8).map(number).collect();
    assert_eq!(words.len(), 26);
    let mut root = 1;
    for _ in 0..10 {
        let remainder = words.iter().fold(0, |sum, word| product(sum, root) ^ word);
        assert_eq!(remainder, 0, "a code word is wrong");
        root = product(root, 2);
    }
    assert_eq!(number(&bits[..4]), 1, "digits");
    let (mut left, mut at, mut digits) = (number(&bits[4..14]), 14, String::new());
    while left > 0 {
        let (count, width) = [(1, 4), (2, 7), (3, 10)][left.min(3) - 1];
        digits.push_str(&format!("{:0count$}", number(&bits[at..at + width])));
        (left, at) = (left - count, at + width);
    }
    digits
}

#[tokio::test]
async fn a_till_reads_the_code_in_both_drawings() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    // Each of them with its own mask and check symbol.
    for code in [CODE, "000000000000000000000000", "999999999999999999999999", "100000000000000000000007"] {
        app.stub.answers("POST /v1/payment-codes", 201, json!({"code": code, "expires_at": AT}));
        let fields = [("source", ID), ("max", ""), ("expires_in", "60")];
        let page = browser.fill("/wallet/code", "/wallet/code", &fields).await.text;
        assert_eq!(read_qr(&Picture::on(&page, "The payment code as QR code")), code);
        assert_eq!(read_bars(&Picture::on(&page, "The payment code as barcode")), code);
    }
}
