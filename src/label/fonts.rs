//! The bundled fonts, once for labels and screens. Those of scripts that most texts do without are packed, and unpacked
//! when the first such text comes.

use std::sync::OnceLock;

/// The fonts that are always there: Inter in three weights. It has Latin, Greek, Cyrillic and Vietnamese.
pub const FONTS: [&[u8]; 3] = [
    include_bytes!("../../assets/fonts/Inter-Medium.otf"),
    include_bytes!("../../assets/fonts/Inter-SemiBold.otf"),
    include_bytes!("../../assets/fonts/Inter-ExtraBold.otf"),
];

/// A script with a font of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Script {
    /// Arabic and Persian.
    Arabic,
    /// Chinese, simplified and traditional, and Japanese kana.
    Chinese,
    /// Emoji, and the symbols among them.
    Emoji,
}

impl Script {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Arabic, Self::Chinese, Self::Emoji];

    /// The scripts of `text` that have a font of their own, each once. Takes next to no time where there is none.
    pub fn of(text: &str) -> impl Iterator<Item = Self> + use<> {
        let mut found = [false; Self::ALL.len()];
        if text.bytes().any(|byte| byte >= FIRST_BYTE) {
            for script in text.chars().filter_map(Self::of_char) {
                found[script as usize] = true;
            }
        }
        Self::ALL.into_iter().filter(move |script| found[*script as usize])
    }

    /// Its font, unpacked for good by the first call.
    pub fn font(self) -> &'static [u8] {
        let (packed, unpacked): (&[u8], &OnceLock<Box<[u8]>>) = match self {
            Self::Arabic => (include_bytes!("../../assets/fonts/NotoSansArabic.ttf.z"), &ARABIC),
            Self::Chinese => (include_bytes!("../../assets/fonts/DroidSansFallback.ttf.z"), &CHINESE),
            Self::Emoji => (include_bytes!("../../assets/fonts/NotoEmoji.ttf.z"), &EMOJI),
        };
        unpacked.get_or_init(|| {
            let font = miniz_oxide::inflate::decompress_to_vec_zlib(packed);
            font.expect("a font that this program was built with is whole").into_boxed_slice()
        })
    }

    fn of_char(char: char) -> Option<Self> {
        match char {
            '\u{600}'..='\u{6ff}' => Some(Self::Arabic),
            '\u{203c}' | '\u{2049}' | '\u{20e3}' | '\u{2139}' | '\u{2194}'..='\u{2bff}' => Some(Self::Emoji),
            '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}' => {
                Some(Self::Emoji)
            }
            '\u{3000}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}' => {
                Some(Self::Chinese)
            }
            _ => None,
        }
    }
}

static ARABIC: OnceLock<Box<[u8]>> = OnceLock::new();
static CHINESE: OnceLock<Box<[u8]>> = OnceLock::new();
static EMOJI: OnceLock<Box<[u8]>> = OnceLock::new();

/// The lowest first byte, in UTF-8, of all that [`Script::of`] looks for: Arabic's.
const FIRST_BYTE: u8 = 0xd8;

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts(text: &str) -> Vec<Script> {
        Script::of(text).collect()
    }

    #[test]
    fn a_text_s_scripts_are_found_wherever_they_stand() {
        assert_eq!(scripts("Zoë, Χρόνια Πολλά – Привет “Hương” ½ × → ©™"), []);
        assert_eq!(scripts("for 王小明 🎂 and سعيد"), Script::ALL);
        assert_eq!(scripts("ケーキ"), [Script::Chinese]);
        assert_eq!(scripts("I ❤ U"), [Script::Emoji]);
    }

    #[test]
    fn every_font_unpacks_once() {
        for script in Script::ALL {
            let font = script.font();
            assert_eq!(font[..4], [0, 1, 0, 0], "{script:?} is TrueType");
            assert_eq!(font.as_ptr(), script.font().as_ptr());
        }
    }
}
