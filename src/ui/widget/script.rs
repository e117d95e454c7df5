//! Fonts of further scripts, loaded when the first text that needs one is about to be shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use iced::advanced::graphics::text::cosmic_text::fontdb::Source;
use iced::advanced::graphics::text::font_system;

use crate::label::Script;

/// Sees to it that `text` can be shaped.
pub fn ready(text: &str) {
    for script in Script::of(text) {
        let bit = 1 << script as u8;
        if LOADED.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            let mut fonts = font_system().write().expect("nothing panics while it holds the fonts");
            // Past iced's own way in, which would make a copy.
            fonts.raw().db_mut().load_font_source(Source::Binary(Arc::new(script.font())));
        }
    }
}

/// A bit for each script: fonts are the process's, and loaded once they stay.
static LOADED: AtomicU8 = AtomicU8::new(0);
