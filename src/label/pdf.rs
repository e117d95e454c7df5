//! Bitmaps as the pages of a PDF (ISO 32000-1), each a 1-bit picture in its real size.

use super::bitmap::Bitmap;

/// A PDF of `pages`, top dot row first, at `dpi` dots an inch.
pub(super) fn of(pages: &[Bitmap], dpi: f32) -> Vec<u8> {
    let mut file = File { bytes: b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec(), objects: Vec::new() };
    // Objects 1 and 2 are catalogue and page tree; then three a page: the page, what is drawn on it, the picture.
    let page = |nth: usize| 3 + 3 * nth;
    let kids: Vec<String> = (0..pages.len()).map(|nth| format!("{} 0 R", page(nth))).collect();
    file.object("<< /Type /Catalog /Pages 2 0 R >>", None);
    file.object(&format!("<< /Type /Pages /Count {} /Kids [ {} ] >>", pages.len(), kids.join(" ")), None);
    for (nth, bitmap) in pages.iter().enumerate() {
        let points = |dots: u32| dots as f32 * POINTS_AN_INCH / dpi;
        let (width, height) = (points(bitmap.width_dots()), points(bitmap.height_dots()));
        let (drawing, picture) = (page(nth) + 1, page(nth) + 2);
        let sheet = format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 {width:.3} {height:.3} ] /Contents {drawing} 0 R \
             /Resources << /XObject << /I {picture} 0 R >> >> >>"
        );
        file.object(&sheet, None);
        let (across, up) = (width - 2.0 * SHY_POINTS, height - 2.0 * SHY_POINTS);
        let drawn = format!("q {across:.3} 0 0 {up:.3} {SHY_POINTS} {SHY_POINTS} cm /I Do Q");
        file.object(&format!("<< /Length {} >>", drawn.len()), Some(drawn.as_bytes()));
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(bitmap.bytes(), DEFLATE_LEVEL);
        // A bitmap's 1 is black, which in DeviceGray is 0.
        let image = format!(
            "<< /Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceGray \
             /BitsPerComponent 1 /Decode [ 1 0 ] /Filter /FlateDecode /Length {} >>",
            bitmap.width_dots(),
            bitmap.height_dots(),
            packed.len()
        );
        file.object(&image, Some(&packed));
    }
    file.end()
}

/// A file as far as it is written, and where each object of it begins.
struct File {
    bytes: Vec<u8>,
    objects: Vec<usize>,
}

impl File {
    fn object(&mut self, dictionary: &str, stream: Option<&[u8]>) {
        self.objects.push(self.bytes.len());
        let number = self.objects.len();
        self.put(&format!("{number} 0 obj\n{dictionary}\n"));
        if let Some(stream) = stream {
            self.put("stream\n");
            self.bytes.extend_from_slice(stream);
            self.put("\nendstream\n");
        }
        self.put("endobj\n");
    }

    fn end(mut self) -> Vec<u8> {
        let (table, size) = (self.bytes.len(), self.objects.len() + 1);
        self.put(&format!("xref\n0 {size}\n0000000000 65535 f \n"));
        for at in std::mem::take(&mut self.objects) {
            self.put(&format!("{at:010} 00000 n \n"));
        }
        self.put(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
        self.bytes
    }

    fn put(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }
}

const POINTS_AN_INCH: f32 = 72.0;
/// How far a picture keeps from the edges of its page: poppler takes one that ends where a dot does for a dot larger, and
/// stretches it, bars and all.
const SHY_POINTS: f32 = 0.002;
const DEFLATE_LEVEL: u8 = 6;
