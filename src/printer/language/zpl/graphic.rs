//! A picture as a graphic field of ZPL, in the ways that printers understand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::label::Bitmap;
use crate::printer::config::Graphics;

/// `^GF` with the picture as text, so that no byte of it is a command.
pub fn field(picture: &Bitmap, graphics: Graphics) -> String {
    let (bytes, stride) = (picture.bytes(), picture.stride_bytes());
    let data = match graphics {
        Graphics::Z64 => z64(bytes),
        Graphics::Acs => acs(bytes, stride),
        Graphics::Hex => hex(bytes),
    };
    let total = bytes.len();
    format!("^GFA,{total},{total},{stride},{data}")
}

/// Deflated, as base64, with a check sum: a tenth of [`hex`].
fn z64(bytes: &[u8]) -> String {
    let packed = STANDARD.encode(miniz_oxide::deflate::compress_to_vec_zlib(bytes, DEFLATE_LEVEL));
    format!(":Z64:{packed}:{:04X}", crc(packed.as_bytes()))
}

/// CRC-16/XMODEM.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(
            crc ^ u16::from(*byte) << 8,
            |crc, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
            },
        )
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).map(digit).collect()
}

/// Digits with counts before those that repeat, and signs for the white rest of a row and for a row as the one above
/// (Zebra's guide, "Alternative Data Compression Scheme"). Its sign for a black rest, which fills the row "with ones", is
/// not used: some readers take that for bits, and some for the digit.
fn acs(bytes: &[u8], stride: usize) -> String {
    let mut text = String::new();
    let mut above: &[u8] = &[];
    for row in bytes.chunks(stride) {
        if row == above {
            text.push(':');
        } else {
            let digits: Vec<u8> = row.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).collect();
            let kept = digits.iter().rposition(|digit| *digit != 0).map_or(0, |at| at + 1);
            for run in digits[..kept].chunk_by(|one, other| one == other) {
                run.chunks(RUN_MAX).for_each(|run| push_run(&mut text, run[0], run.len()));
            }
            text.extend((kept < digits.len()).then_some(','));
        }
        above = row;
    }
    text
}

/// A count as twenties, `g` to `z`, then ones, `G` to `Y`, and the digit.
fn push_run(text: &mut String, value: u8, count: usize) {
    let (twenties, ones) = (count / 20, count % 20);
    text.extend((twenties > 0).then(|| (b'g' - 1 + twenties as u8) as char));
    text.extend((ones > 0 && count > 1).then(|| (b'G' - 1 + ones as u8) as char));
    text.push(digit(value));
}

fn digit(value: u8) -> char {
    char::from_digit(value.into(), 16).expect("half a byte is a digit").to_ascii_uppercase()
}

/// Twenty twenties and nineteen: what two letters can count.
const RUN_MAX: usize = 419;

/// Of 10; the next ones take twice as long for the same size.
const DEFLATE_LEVEL: u8 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_by_their_runs() {
        let row = |bytes: &[u8]| acs(bytes, bytes.len());
        assert_eq!(row(&[0xf0, 0xf0]), "F0F,");
        assert_eq!(row(&[0x00, 0x01]), "I01");
        assert_eq!(row(&[0xff, 0xff]), "JF");
        assert_eq!(row(&[0x00, 0x00]), ",");
        assert_eq!(row(&[0x11; 20]), "h1");
        assert_eq!(row(&[0x11; 170]), "w1");
        assert_eq!(row(&[0x55; 220]), "zY5gG5");
        assert_eq!(acs(&[0xa5, 0xa5, 0, 0], 1), "A5:,:");
    }

    #[test]
    fn the_check_sum_is_that_of_the_catalogue() {
        assert_eq!(crc(b"123456789"), 0x31c3, "the check value of CRC-16/XMODEM");
    }
}
