//! Reads barcodes in a picture, with `rxing`, zbar and zxing-cpp, which know nothing of how they were drawn.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// What the Code 128 in such a picture says, where there may be none.
pub fn code128_in(rows: &[Vec<bool>]) -> Option<String> {
    read_in(rows, BarcodeFormat::CODE_128)
}

/// What the QR code in such a picture says, where there may be none.
pub fn qr_in(rows: &[Vec<bool>]) -> Option<String> {
    read_in(rows, BarcodeFormat::QR_CODE)
}

fn read_in(rows: &[Vec<bool>], format: BarcodeFormat) -> Option<String> {
    let luma = rows.iter().flatten().map(|&is_black| if is_black { 0 } else { 255 }).collect();
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

/// The dots of a PNG, `true` for black.
pub fn dots(picture: &Path) -> Vec<Vec<bool>> {
    let mut decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(picture).unwrap()));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    bytes.chunks(info.width as usize).map(|row| row.iter().map(|level| *level == 0).collect()).collect()
}

/// What `zbarimg` reads in each picture.
pub fn zbar(files: &[PathBuf]) -> Vec<BTreeSet<String>> {
    let said = told("zbarimg", &["-q", "--xml"], files);
    let of = |file: &PathBuf| {
        let source =
            said.split("<source href='").find(|source| source.starts_with(&format!("{}'", shown(file))));
        let data = source.unwrap_or_default().split("<![CDATA[").skip(1);
        data.map(|data| data.split("]]>").next().unwrap().to_owned()).collect()
    };
    files.iter().map(of).collect()
}

/// What zxing-cpp reads in each picture, of the kinds that a label has. Not in a smaller copy too: Debian's build stops
/// over two readings of one code.
pub fn zxing(files: &[PathBuf]) -> Vec<BTreeSet<String>> {
    let said = told("ZXingReader", &["-noscale", "-1", "-format", "Code128,QRCode"], files);
    let of = |file: &PathBuf| {
        let lines = said.lines().filter_map(|line| line.strip_prefix(&format!("{} ", shown(file))));
        lines.filter_map(|line| Some(line.split_once(" \"")?.1.trim_end_matches('"').to_owned())).collect()
    };
    files.iter().map(of).collect()
}

fn told(program: &str, arguments: &[&str], files: &[PathBuf]) -> String {
    let ran = Command::new(program).args(arguments).args(files).output();
    let ran = ran.unwrap_or_else(|error| panic!("{program}, which packaging/tools installs: {error}"));
    String::from_utf8(ran.stdout).unwrap()
}

fn shown(file: &Path) -> &str {
    file.to_str().unwrap()
}
