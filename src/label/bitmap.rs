/// A picture of black and white dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    width_dots: u32,
    height_dots: u32,
    bytes: Vec<u8>,
}

impl Bitmap {
    /// A white picture.
    pub fn white(width_dots: u32, height_dots: u32) -> Self {
        let bytes = vec![0; width_dots.div_ceil(8) as usize * height_dots as usize];
        Self { width_dots, height_dots, bytes }
    }

    /// Width, in dots.
    pub fn width_dots(&self) -> u32 {
        self.width_dots
    }

    /// Height, in dots.
    pub fn height_dots(&self) -> u32 {
        self.height_dots
    }

    /// Bytes a row.
    pub fn stride_bytes(&self) -> usize {
        self.width_dots.div_ceil(8) as usize
    }

    /// All rows, top first; in a byte the leftmost dot is the highest bit, 1 is black, and what pads a row is white.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the dot is black; outside the picture all is white.
    pub fn is_black(&self, x: i32, y: i32) -> bool {
        self.place(x, y).is_some_and(|(byte, bit)| self.bytes[byte] & bit != 0)
    }

    /// The picture as a 1-bit greyscale PNG, black on white.
    pub fn to_png(&self) -> Result<Vec<u8>, NotEncoded> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width_dots, self.height_dots);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let mut writer = encoder.write_header()?;
        let light: Vec<u8> = self.bytes.iter().map(|byte| !byte).collect();
        writer.write_image_data(&light)?;
        writer.finish()?;
        Ok(file)
    }

    /// The picture as 8-bit RGBA, black on white, row by row: what a screen shows.
    pub fn to_rgba(&self) -> Vec<u8> {
        let mut pixels = Vec::with_capacity(self.width_dots as usize * self.height_dots as usize * 4);
        for row in self.bytes.chunks(self.stride_bytes().max(1)) {
            for x in 0..self.width_dots as usize {
                let level = if row[x / 8] & (0x80 >> (x % 8)) == 0 { 0xff } else { 0 };
                pixels.extend([level, level, level, 0xff]);
            }
        }
        pixels
    }

    /// Makes a dot black or white; outside the picture nothing happens.
    pub(super) fn set(&mut self, x: i32, y: i32, ink: Ink) {
        if let Some((byte, bit)) = self.place(x, y) {
            match ink {
                Ink::Black => self.bytes[byte] |= bit,
                Ink::White => self.bytes[byte] &= !bit,
            }
        }
    }

    /// Fills an area.
    pub(super) fn fill(&mut self, area: Area, ink: Ink) {
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                self.set(x, y, ink);
            }
        }
    }

    /// Draws the edge of an area, inside it.
    pub(super) fn frame(&mut self, area: Area, thick_dots: i32, ink: Ink) {
        let Area { x, y, width, height } = area;
        self.fill(Area { x, y, width, height: thick_dots }, ink);
        self.fill(Area { x, y: area.bottom() - thick_dots, width, height: thick_dots }, ink);
        self.fill(Area { x, y, width: thick_dots, height }, ink);
        self.fill(Area { x: area.right() - thick_dots, y, width: thick_dots, height }, ink);
    }

    fn place(&self, x: i32, y: i32) -> Option<(usize, u8)> {
        let (x, y) = (u32::try_from(x).ok()?, u32::try_from(y).ok()?);
        (x < self.width_dots && y < self.height_dots)
            .then(|| (y as usize * self.stride_bytes() + x as usize / 8, 0x80 >> (x % 8)))
    }
}

/// A picture that could not be written as a PNG: a side of it is 0.
#[derive(Debug, thiserror::Error)]
#[error("the picture cannot be written as a PNG")]
pub struct NotEncoded(#[from] png::EncodingError);

/// The colour of a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Black,
    White,
}

/// A rectangle, in dots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

impl Area {
    pub fn right(self) -> i32 {
        self.x + self.width
    }

    pub fn bottom(self) -> i32 {
        self.y + self.height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_of_a_picture_holds_its_dots() {
        let mut picture = Bitmap::white(11, 3);
        picture.set(10, 2, Ink::Black);
        picture.set(11, 2, Ink::Black);
        picture.set(-1, 0, Ink::Black);
        let file = picture.to_png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut rows = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut rows).unwrap();
        assert_eq!(rows, [0xff, 0xff, 0xff, 0xff, 0xff, 0xdf]);
        assert_eq!(picture.to_rgba()[(2 * 11 + 9) * 4..], [255, 255, 255, 255, 0, 0, 0, 255]);
    }

    #[test]
    fn a_picture_without_dots_is_no_png() {
        assert!(Bitmap::white(0, 5).to_png().is_err());
    }
}
