//! QR codes.

use qrcode::{Color, EcLevel, QrCode};

use super::drawing::Drawing;

/// Light around the code, as scanners want it.
const QUIET: usize = 4;

/// The text as a QR code; none if it is too long.
pub(crate) fn draw(text: &str) -> Option<Drawing> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut drawing = Drawing::new(width + 2 * QUIET, width + 2 * QUIET);
    for (index, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            drawing.add((QUIET + index % width, QUIET + index / width), 1, 1);
        }
    }
    Some(drawing)
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn a_payment_code_is_drawn_with_its_three_corners_and_light_around() {
        let drawing = draw("482915730264819537460214").expect("drawn");
        assert_eq!(drawing.width, drawing.height);
        assert!(drawing.width >= 29, "{}", drawing.width);
        let is_dark = |x: usize, y: usize| drawing.path.contains(&format!("M{x} {y}h"));
        let last = drawing.width - 5;
        for (x, y) in [(4, 4), (last, 4), (4, last)] {
            assert!(is_dark(x, y), "the corner at {x}, {y}");
        }
        assert!((0..4).all(|near| !is_dark(near, 4) && !is_dark(4, near)));
        assert_ne!(drawing, draw("482915730264819537460215").expect("drawn"), "it says what it is drawn for");
    }
}
