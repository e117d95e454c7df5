//! A label as dots.

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

    /// The picture moved right and down, by dots: what leaves it on the left or above is cut off, to the right and below it
    /// grows.
    #[must_use]
    pub fn moved(&self, right_dots: i32, down_dots: i32) -> Self {
        let longer = |length_dots: u32, by: i32| length_dots.saturating_add_signed(by).max(1);
        let mut moved = Self::white(longer(self.width_dots, right_dots), longer(self.height_dots, down_dots));
        moved.stamp(self, (right_dots, down_dots), Ink::Black);
        moved
    }

    /// The picture as a 1-bit greyscale PNG, black on white.
    pub fn to_png(&self) -> Result<Vec<u8>, NotEncoded> {
        self.png(None)
    }

    /// The same with its size, so that it is printed as large as it was drawn, at `dpi` dots an inch.
    pub(super) fn to_png_of(&self, dpi: f32) -> Result<Vec<u8>, NotEncoded> {
        let per_metre = (dpi / 0.0254).round() as u32;
        self.png(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }))
    }

    fn png(&self, size: Option<png::PixelDimensions>) -> Result<Vec<u8>, NotEncoded> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width_dots, self.height_dots);
        encoder.set_pixel_dims(size);
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
            ink.put(&mut self.bytes[byte], bit);
        }
    }

    /// Fills an area, eight dots at a time.
    pub(super) fn fill(&mut self, area: Area, ink: Ink) {
        let (left, right) = (self.across(area.x), self.across(area.right()));
        if left >= right {
            return;
        }
        let (first, last) = (left / 8, (right - 1) / 8);
        let (head, tail) = (0xff_u8 >> (left % 8), 0xff_u8 << (7 - (right - 1) % 8));
        let stride = self.stride_bytes();
        for row in self.bytes.chunks_mut(stride).take(down(area.bottom())).skip(down(area.y)) {
            if first == last {
                ink.put(&mut row[first], head & tail);
                continue;
            }
            ink.put(&mut row[first], head);
            ink.put(&mut row[last], tail);
            for byte in &mut row[first + 1..last] {
                ink.put(byte, 0xff);
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

    /// Puts the black dots of another picture here, its left top corner at `x`, `y`; eight at a time where it is all within.
    pub(super) fn stamp(&mut self, picture: &Self, (x, y): (i32, i32), ink: Ink) {
        let (width, stride) = (picture.width_dots.cast_signed(), self.stride_bytes());
        let is_within = x >= 0 && x + width <= self.width_dots.cast_signed();
        let rows = picture.bytes.chunks(picture.stride_bytes().max(1));
        let height = self.height_dots.cast_signed();
        for (row, y) in rows.zip(y..).filter(|(_, y)| (0..height).contains(y)) {
            if is_within {
                let (at, shift) = (y as usize * stride + x as usize / 8, x as usize % 8);
                for (at, byte) in (at..).zip(row) {
                    ink.put(&mut self.bytes[at], byte >> shift);
                    // What pads a row is white, so that nothing is ever put behind the last byte.
                    if byte << (7 - shift) << 1 != 0 {
                        ink.put(&mut self.bytes[at + 1], byte << (7 - shift) << 1);
                    }
                }
            } else {
                let is_black = |at: i32| row[at as usize / 8] & (0x80 >> (at % 8)) != 0;
                (0..width).filter(|at| is_black(*at)).for_each(|at| self.set(x + at, y, ink));
            }
        }
    }

    /// Cuts off what is below `height_dots`.
    pub(super) fn crop(&mut self, height_dots: u32) {
        if height_dots < self.height_dots {
            self.height_dots = height_dots;
            self.bytes.truncate(self.stride_bytes() * height_dots as usize);
        }
    }

    /// A distance from the left as it is within the picture.
    fn across(&self, x: i32) -> usize {
        x.clamp(0, self.width_dots.cast_signed()) as usize
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

impl Ink {
    fn put(self, byte: &mut u8, dots: u8) {
        match self {
            Self::Black => *byte |= dots,
            Self::White => *byte &= !dots,
        }
    }
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

    /// Whether the two have a dot in common.
    pub fn meets(self, other: Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// A distance from the top as a count of rows.
fn down(y: i32) -> usize {
    y.max(0) as usize
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
    fn areas_and_stamps_are_what_their_dots_are() {
        let mut stamp = Bitmap::white(13, 3);
        for (x, y) in [(0, 0), (5, 1), (12, 1), (7, 2), (8, 2)] {
            stamp.set(x, y, Ink::Black);
        }
        for x in -15..30 {
            for y in [-2, 0, 6] {
                let (mut fast, mut slow) = (Bitmap::white(27, 8), Bitmap::white(27, 8));
                fast.stamp(&stamp, (x, y), Ink::Black);
                let dots = (0..13).flat_map(|across| (0..3).map(move |down| (across, down)));
                for (across, down) in dots.filter(|(across, down)| stamp.is_black(*across, *down)) {
                    slow.set(x + across, y + down, Ink::Black);
                }
                assert_eq!(fast, slow, "a stamp at {x}, {y}");
                for width in [-1, 0, 1, 3, 9, 40] {
                    let area = Area { x, y, width, height: 2 };
                    fast.fill(area, Ink::Black);
                    for (across, down) in (0..width).flat_map(|across| [(across, 0), (across, 1)]) {
                        slow.set(x + across, y + down, Ink::Black);
                    }
                    assert_eq!(fast, slow, "{area:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_cut_off_is_below() {
        let mut picture = Bitmap::white(9, 5);
        picture.set(8, 2, Ink::Black);
        picture.set(8, 3, Ink::Black);
        picture.crop(3);
        assert_eq!((picture.height_dots(), picture.bytes().len()), (3, 6));
        assert!(picture.is_black(8, 2) && !picture.is_black(8, 3));
    }

    #[test]
    fn a_moved_picture_keeps_the_dots_that_are_still_on_it() {
        let mut picture = Bitmap::white(9, 2);
        picture.set(0, 0, Ink::Black);
        picture.set(8, 1, Ink::Black);
        let moved = picture.moved(3, 1);
        assert_eq!((moved.width_dots(), moved.height_dots()), (12, 3));
        assert!(moved.is_black(3, 1) && moved.is_black(11, 2));
        let moved = picture.moved(-1, -1);
        assert_eq!((moved.width_dots(), moved.height_dots()), (8, 1));
        assert!(moved.is_black(7, 0) && !moved.is_black(0, 0));
    }

    #[test]
    fn a_picture_without_dots_is_no_png() {
        assert!(Bitmap::white(0, 5).to_png().is_err());
    }
}
