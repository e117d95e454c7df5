//! Colours, type and sizes: the tokens of the design, in millimetres, because panels differ in pitch and hands and eyes
//! do not.

use iced::font::{Family, Weight};
use iced::{Color, Font, color};

use crate::config::Theme;
use crate::station::Answer;

/// All that a widget needs to know to draw itself.
#[derive(Clone, Copy, Debug)]
pub struct Skin {
    /// The colours around the verdict.
    pub palette: Palette,
    /// Millimetres to pixels.
    pub scale: Scale,
}

impl Skin {
    /// `mm` millimetres in pixels.
    pub fn mm(self, mm: f32) -> f32 {
        self.scale.mm(mm)
    }
}

/// The colours around the verdict.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Behind everything.
    pub background: Color,
    /// Of panels.
    pub panel: Color,
    /// Around and between panels.
    pub line: Color,
    /// Of a panel under a finger, and of quiet badges.
    pub raised: Color,
    /// Facts.
    pub text: Color,
    /// The rest.
    pub muted: Color,
    /// A dot that says all is well.
    pub well: Color,
}

/// How many logical pixels a millimetre of the screen has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    px_per_mm: f32,
}

impl Scale {
    /// The scale of a window `width_px` wide on a screen where that is `width_mm`.
    pub fn new(width_px: f32, width_mm: f32) -> Self {
        let px_per_mm = width_px / width_mm;
        Self {
            px_per_mm: if px_per_mm.is_finite() { px_per_mm.clamp(PITCHES.0, PITCHES.1) } else { PITCHES.0 },
        }
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

impl Theme {
    /// Its colours.
    pub fn palette(self) -> Palette {
        match self {
            Self::Dark => Palette {
                background: color!(0x0B_0E_13),
                panel: color!(0x15_1A_22),
                line: color!(0x27_30_3D),
                raised: color!(0x23_2C_39),
                text: color!(0xF4_F7_FB),
                muted: color!(0x9F_B0_C3),
                well: color!(0x2F_BF_71),
            },
            Self::Light => Palette {
                background: color!(0xE9_ED_F2),
                panel: color!(0xFF_FF_FF),
                line: color!(0xC9_D2_DD),
                raised: color!(0xD9_E0_E8),
                text: color!(0x10_16_1F),
                muted: color!(0x4A_5A_6C),
                well: color!(0x1E_9E_59),
            },
        }
    }

    /// For what iced draws itself: scroll bars, text fields.
    pub fn iced(self) -> iced::Theme {
        let palette = self.palette();
        iced::Theme::custom(
            "Ordak".to_owned(),
            iced::theme::Palette {
                background: palette.background,
                text: palette.text,
                primary: DONE.fill,
                success: AGREED.fill,
                warning: NOT_HERE.fill,
                danger: REFUSED.fill,
            },
        )
    }
}

/// A colour to fill with and what is written on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coat {
    /// The ground.
    pub fill: Color,
    /// What stands on it.
    pub ink: Color,
}

/// Agreed and held, 8.1 : 1.
pub const AGREED: Coat = Coat { fill: color!(0x0A_5C_33), ink: Color::WHITE };
/// Already done, 8.8 : 1.
pub const DONE: Coat = Coat { fill: color!(0x0B_4A_8F), ink: Color::WHITE };
/// Not here, due today and warnings, 10.1 : 1.
pub const NOT_HERE: Coat = Coat { fill: color!(0xFF_B0_00), ink: color!(0x1A_12_00) };
/// Refused, overdue and faults, 8.2 : 1.
pub const REFUSED: Coat = Coat { fill: color!(0x9B_1C_1C), ink: Color::WHITE };
/// A question, 9.8 : 1.
pub const CHOICE: Coat = Coat { fill: color!(0x55_26_9B), ink: Color::WHITE };
/// Reads, and nothing scanned lately, 14.5 : 1.
pub const QUIET: Coat = Coat { fill: color!(0x1C_24_2F), ink: color!(0xF4_F7_FB) };

/// The shape beside an answer: colour is never alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Agreed.
    Tick,
    /// Already done.
    Info,
    /// Not here.
    Arrow,
    /// Refused.
    Cross,
    /// A question.
    Question,
    /// Reads; ready.
    Barcode,
    /// Held.
    Clock,
}

/// The colour and shape of an answer (`workflow.md` 1).
pub fn coat(answer: &Answer) -> (Coat, Shape) {
    match answer {
        Answer::Accepted | Answer::Agreed | Answer::AgreedLocally | Answer::LabelOut { .. } => {
            (AGREED, Shape::Tick)
        }
        Answer::Held(_) => (AGREED, Shape::Clock),
        Answer::AlreadyDone { .. } => (DONE, Shape::Info),
        Answer::NotHere { .. } => (NOT_HERE, Shape::Arrow),
        Answer::AlsoPrinted { .. }
        | Answer::NoScan(_)
        | Answer::Cancelled { .. }
        | Answer::GivenUp
        | Answer::Refused(_)
        | Answer::NotStored(_)
        | Answer::Full
        | Answer::LabelFailed { .. } => (REFUSED, Shape::Cross),
        Answer::Asks(_) | Answer::LabelUnconfirmed { .. } => (CHOICE, Shape::Question),
        Answer::LabelReads | Answer::Looking | Answer::LabelComing { .. } => (QUIET, Shape::Barcode),
    }
}

/// Facts.
pub const FACT: Font = inter(Weight::ExtraBold);
/// What stands beside facts.
pub const STRONG: Font = inter(Weight::Semibold);
/// The rest.
pub const PLAIN: Font = inter(Weight::Medium);

/// Pixels a millimetre, from a wall of 20 an inch to twice the finest phone: anything else is a wrong `width_mm`.
const PITCHES: (f32, f32) = (0.8, 40.0);

const fn inter(weight: Weight) -> Font {
    Font { family: Family::Name("Inter"), weight, ..Font::DEFAULT }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contrast(a: Color, b: Color) -> f32 {
        let (a, b) = (a.relative_luminance() + 0.05, b.relative_luminance() + 0.05);
        if a > b { a / b } else { b / a }
    }

    #[test]
    fn verdicts_read_at_7_to_1_and_the_rest_at_4_5_to_1() {
        for coat in [AGREED, DONE, NOT_HERE, REFUSED, CHOICE, QUIET] {
            assert!(contrast(coat.fill, coat.ink) >= 7.0, "{coat:?}");
        }
        for theme in [Theme::Dark, Theme::Light] {
            let palette = theme.palette();
            for ground in [palette.background, palette.panel, palette.raised] {
                for ink in [palette.text, palette.muted] {
                    assert!(contrast(ground, ink) >= 4.5, "{theme:?} {ground:?} {ink:?}");
                }
            }
        }
    }

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
