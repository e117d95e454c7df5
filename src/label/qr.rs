//! A QR code in dots.

use qrcode::{Color, EcLevel, QrCode, Version};

use super::bitmap::{Area, Bitmap, Ink};

/// Draws the QR code of `text` into `area`, with modules as large as fit; its quiet zone lies outside the area.
pub(super) fn draw(bitmap: &mut Bitmap, area: Area, text: &str) {
    // Version 2 with a quarter of it for errors holds every id of up to seven digits; longer ones take what they need.
    let code = QrCode::with_version(text, Version::Normal(2), EcLevel::Q)
        .or_else(|_| QrCode::with_error_correction_level(text, EcLevel::M))
        .expect("an order id is far below the capacity of a QR code");
    let modules = i32::try_from(code.width()).expect("a QR code is at most 177 modules wide");
    let dots = (area.width.min(area.height) / modules).max(1);
    let (left, top) = (area.right() - modules * dots, area.y);
    for (at, color) in (0..).zip(code.to_colors()) {
        if color == Color::Dark {
            let (x, y) = (left + at % modules * dots, top + at / modules * dots);
            bitmap.fill(Area { x, y, width: dots, height: dots }, Ink::Black);
        }
    }
}

/// The area of a code with its quiet zone of four modules (ISO/IEC 18004).
pub(super) fn with_quiet(area: Area) -> Area {
    let quiet = quiet_dots(area);
    let (width, height) = (area.width + 2 * quiet, area.height + 2 * quiet);
    Area { x: area.x - quiet, y: area.y - quiet, width, height }
}

/// Four modules beside a code of [`MODULES`].
pub(super) fn quiet_dots(area: Area) -> i32 {
    area.width / 6
}

/// Modules a side of version 2, which holds every id and copy.
pub(super) const MODULES: u8 = 25;
