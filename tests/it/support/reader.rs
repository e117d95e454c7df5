//! Reads barcodes in a picture, with `rxing`, which knows nothing of how they were drawn.

use std::collections::HashSet;

use ordak_station::label::Bitmap;
use rxing::{BarcodeFormat, DecodeHints};

/// What the Code 128 in a picture says.
pub fn code128(picture: &Bitmap) -> String {
    read(picture, BarcodeFormat::CODE_128)
}

/// What the Code 128 in a picture says that is given as rows of dots, `true` for black.
pub fn code128_of(rows: &[Vec<bool>]) -> String {
    read_rows(rows, BarcodeFormat::CODE_128)
}

/// What the QR code in such a picture says.
pub fn qr_of(rows: &[Vec<bool>]) -> String {
    read_rows(rows, BarcodeFormat::QR_CODE)
}

/// The same, where there may be none.
pub fn code128_in(rows: &[Vec<bool>]) -> Option<String> {
    let luma = rows.iter().flatten().map(|&is_black| if is_black { 0 } else { 255 }).collect();
    let format = BarcodeFormat::CODE_128;
    let mut hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let (width, height) = (rows.first()?.len() as u32, rows.len() as u32);
    let found = rxing::helpers::detect_in_luma_with_hints(luma, width, height, Some(format), &mut hints);
    found.ok().map(|found| found.getText().to_owned())
}

fn read_rows(rows: &[Vec<bool>], format: BarcodeFormat) -> String {
    let luma = rows.iter().flatten().map(|&is_black| if is_black { 0 } else { 255 }).collect();
    find(luma, (rows[0].len() as u32, rows.len() as u32), format)
}

/// What the QR code in a picture says.
pub fn qr(picture: &Bitmap) -> String {
    read(picture, BarcodeFormat::QR_CODE)
}

fn read(picture: &Bitmap, format: BarcodeFormat) -> String {
    let luma = picture.to_rgba().chunks(4).map(|dot| dot[0]).collect();
    find(luma, (picture.width_dots(), picture.height_dots()), format)
}

fn find(luma: Vec<u8>, (width, height): (u32, u32), format: BarcodeFormat) -> String {
    let mut hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([format])),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    match rxing::helpers::detect_in_luma_with_hints(luma, width, height, Some(format), &mut hints) {
        Ok(found) => found.getText().to_owned(),
        Err(error) => panic!("no {format} is found: {error}"),
    }
}
