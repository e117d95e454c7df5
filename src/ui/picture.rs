//! A cake's picture: PNG or JPEG bytes to the few dots that a screen shows.

use std::io::Cursor;
use std::sync::Arc;

use iced::widget::{container, image};
use iced::{ContentFit, Element};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::order::PictureFault;

/// A picture, small.
#[derive(Clone, Debug)]
pub struct Picture {
    handle: image::Handle,
}

impl Picture {
    /// The picture in a square of `side` pixels, whole.
    pub fn view<'a, Message: 'a>(&self, side: f32) -> Element<'a, Message> {
        let picture = image(self.handle.clone()).content_fit(ContentFit::Contain).width(side).height(side);
        container(picture).into()
    }
}

/// Fetches and decodes the picture at `address`; nothing waits for it.
pub async fn fetch(address: Arc<str>) -> Result<Picture, PictureFault> {
    let bytes = crate::shell::picture(&address).await?;
    let decoded = tokio::task::spawn_blocking(move || decode(&bytes)).await;
    decoded.unwrap_or(Err(PictureFault::Unreadable))
}

/// Three or four bytes a dot, as they came.
struct Dots {
    width: usize,
    height: usize,
    channels: usize,
    bytes: Vec<u8>,
}

fn decode(bytes: &[u8]) -> Result<Picture, PictureFault> {
    let dots = if bytes.starts_with(&PNG) { png_dots(bytes)? } else { jpeg_dots(bytes)? };
    let (width, height, rgba) = shrunk(&dots);
    Ok(Picture { handle: image::Handle::from_rgba(width, height, rgba) })
}

fn png_dots(bytes: &[u8]) -> Result<Dots, PictureFault> {
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: DOTS_MAX * 8 });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|_| PictureFault::Unreadable)?;
    let (width, height) = reader.info().size();
    check(width as usize, height as usize)?;
    let mut dots = vec![0; reader.output_buffer_size().ok_or(PictureFault::TooLarge)?];
    let info = reader.next_frame(&mut dots).map_err(|_| PictureFault::Unreadable)?;
    let channels = info.color_type.samples();
    Ok(Dots { width: info.width as usize, height: info.height as usize, channels, bytes: dots })
}

fn jpeg_dots(bytes: &[u8]) -> Result<Dots, PictureFault> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| PictureFault::Unreadable)?;
    let (width, height) = decoder.dimensions().ok_or(PictureFault::Unreadable)?;
    check(width, height)?;
    let dots = decoder.decode().map_err(|_| PictureFault::Unreadable)?;
    if dots.len() < width * height * 3 {
        return Err(PictureFault::Unreadable);
    }
    Ok(Dots { width, height, channels: 3, bytes: dots })
}

fn check(width: usize, height: usize) -> Result<(), PictureFault> {
    match width.checked_mul(height) {
        Some(0) => Err(PictureFault::Unreadable),
        Some(dots) if dots <= DOTS_MAX => Ok(()),
        Some(_) | None => Err(PictureFault::TooLarge),
    }
}

/// The picture with at most [`SIDE_MAX`] dots a side, each the mean of those it stands for, in RGBA.
fn shrunk(dots: &Dots) -> (u32, u32, Vec<u8>) {
    let longest = dots.width.max(dots.height);
    let side =
        |length: usize| if longest <= SIDE_MAX { length } else { (length * SIDE_MAX / longest).max(1) };
    let (width, height) = (side(dots.width), side(dots.height));
    let mut rgba = Vec::with_capacity(width * height * 4);
    for y in 0..height {
        let rows =
            y * dots.height / height..((y + 1) * dots.height / height).max(y * dots.height / height + 1);
        for x in 0..width {
            let columns =
                x * dots.width / width..((x + 1) * dots.width / width).max(x * dots.width / width + 1);
            rgba.extend(mean(dots, rows.clone(), columns));
        }
    }
    (width as u32, height as u32, rgba)
}

fn mean(dots: &Dots, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> [u8; 4] {
    let (mut sums, mut count) = ([0_usize; 4], 0);
    for y in rows {
        for x in columns.clone() {
            let at = (y * dots.width + x) * dots.channels;
            let Some(dot) = dots.bytes.get(at..at + dots.channels) else { continue };
            let dot = match *dot {
                [grey] => [grey, grey, grey, 0xFF],
                [grey, alpha] => [grey, grey, grey, alpha],
                [red, green, blue] => [red, green, blue, 0xFF],
                [red, green, blue, alpha, ..] => [red, green, blue, alpha],
                [] => [0; 4],
            };
            for (sum, part) in sums.iter_mut().zip(dot) {
                *sum += usize::from(part);
            }
            count += 1;
        }
    }
    sums.map(|sum| (sum / count.max(1)) as u8)
}

const PNG: [u8; 4] = [0x89, b'P', b'N', b'G'];

/// Of either side: what a page shows on a panel of 5.6 dots a millimetre, with room.
const SIDE_MAX: usize = 400;

/// 2,000 × 2,000, 12 MB while it is made smaller: a kiosk has 40 MB.
const DOTS_MAX: usize = 4_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, color: png::ColorType, dots: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.write_header().unwrap().write_image_data(dots).unwrap();
        bytes
    }

    #[test]
    fn a_large_picture_is_shown_with_few_dots() {
        let dots: Vec<u8> =
            (0..1000 * 500).flat_map(|at| if at % 1000 < 500 { [255, 0, 0] } else { [0, 0, 255] }).collect();
        let dots = png_dots(&png(1000, 500, png::ColorType::Rgb, &dots)).unwrap();
        let (width, height, rgba) = shrunk(&dots);
        assert_eq!((width, height, rgba.len()), (400, 200, 400 * 200 * 4));
        assert_eq!((&rgba[..4], &rgba[rgba.len() - 4..]), (&[255, 0, 0, 255][..], &[0, 0, 255, 255][..]));
    }

    #[test]
    fn a_grey_picture_with_alpha_stays_as_small_as_it_is() {
        let dots = png_dots(&png(2, 1, png::ColorType::GrayscaleAlpha, &[10, 20, 30, 40])).unwrap();
        assert_eq!(shrunk(&dots), (2, 1, vec![10, 10, 10, 20, 30, 30, 30, 40]));
    }

    #[test]
    fn a_jpeg_is_read() {
        // 1 × 1, one grey dot: SOI, DQT, SOF0, DHT twice, SOS, EOI.
        assert!(decode(include_bytes!("../../tests/it/data/dot.jpg")).is_ok());
    }

    #[test]
    fn what_is_no_picture_or_too_much_is_told() {
        assert_eq!(decode(b"<html>").unwrap_err(), PictureFault::Unreadable);
        assert_eq!(decode(b"").unwrap_err(), PictureFault::Unreadable);
        assert_eq!(decode(&PNG).unwrap_err(), PictureFault::Unreadable);
        let mut cut = png(4, 4, png::ColorType::Rgb, &[7; 48]);
        cut.truncate(cut.len() / 2);
        assert_eq!(decode(&cut).unwrap_err(), PictureFault::Unreadable);
        // A bomb: a header that promises more dots than a kiosk takes.
        let mut bomb = png(1, 1, png::ColorType::Rgb, &[7; 3]);
        bomb[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        assert!(decode(&bomb).is_err());
    }
}
