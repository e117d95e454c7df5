//! Millimetres to pixels: a kiosk's panels differ in pitch, hands and eyes do not.

/// How many logical pixels a millimetre of the screen has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    px_per_mm: f32,
}

impl Scale {
    /// The scale of a window `width_px` wide on a screen where that is `width_mm`.
    pub fn new(width_px: f32, width_mm: f32) -> Self {
        let px_per_mm = width_px / width_mm;
        Self { px_per_mm: if px_per_mm.is_finite() { px_per_mm.clamp(FINEST.0, FINEST.1) } else { FINEST.0 } }
    }

    /// `mm` millimetres in pixels.
    pub fn mm(self, mm: f32) -> f32 {
        mm * self.px_per_mm
    }

    /// `px` pixels in millimetres.
    pub fn in_mm(self, px: f32) -> f32 {
        px / self.px_per_mm
    }
}

/// A wall of 20 px an inch, and twice the finest phone: anything else is a wrong `width_mm`.
const FINEST: (f32, f32) = (0.8, 40.0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_design_s_panel_has_5_58_pixels_a_millimetre() {
        let scale = Scale::new(1920.0, 344.0);
        assert!((scale.mm(20.0) - 111.6).abs() < 0.1);
        assert!((scale.in_mm(1920.0) - 344.0).abs() < 0.1);
    }

    #[test]
    fn a_senseless_width_still_gives_pixels() {
        for (px, mm) in [(0.0, 344.0), (1920.0, 0.0), (0.0, 0.0), (1920.0, -1.0)] {
            assert!(Scale::new(px, mm).mm(1.0) > 0.0);
        }
    }
}
