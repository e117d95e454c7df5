//! The template of a printer's stock: built in, or a file of the shop's own.

use std::path::{Path, PathBuf};

use crate::label::{self, Template};

/// Finds the template that a configuration or a command names: a built-in one, or the file at a path that ends in `.toml`.
pub fn template(wanted: &str, dpi: u16) -> Result<Template, BadTemplate> {
    if !is_file(wanted) {
        return Template::find(wanted, dpi).ok_or_else(|| {
            let (names, resolutions) = Template::known();
            BadTemplate::Unknown { template: wanted.into(), dpi, names, resolutions }
        });
    }
    let file = PathBuf::from(wanted);
    let read = std::fs::metadata(&file).and_then(|about| match about.len() {
        0..=FILE_BYTES_MAX => std::fs::read_to_string(&file),
        _ => Err(std::io::ErrorKind::FileTooLarge.into()),
    });
    let text = read.map_err(|source| BadTemplate::Unreadable { file, source })?;
    Ok(Template::read(wanted, &text, dpi)?)
}

/// A template as it is to be found from anywhere: its file, if it is one, named from `folder` on.
pub(super) fn beside(folder: &Path, named: &str) -> Box<str> {
    if is_file(named) { folder.join(named).to_string_lossy().into() } else { named.into() }
}

/// Why there is no such template.
#[derive(Debug, thiserror::Error)]
pub enum BadTemplate {
    /// None is called so, or none has this resolution.
    #[error(
        "there is no template {template} at {dpi} dpi, but {}, each at {} dpi",
        names.join(", "),
        resolutions.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
    )]
    Unknown {
        /// What was named.
        template: Box<str>,
        /// The resolution that it was to have.
        dpi: u16,
        /// The templates there are.
        names: Vec<&'static str>,
        /// The resolutions there are.
        resolutions: Vec<u16>,
    },
    /// Its file cannot be read.
    #[error("template {} cannot be read", file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It cannot be used.
    #[error(transparent)]
    Flawed(#[from] label::Error),
}

fn is_file(named: &str) -> bool {
    Path::new(named).extension().is_some_and(|extension| extension == "toml")
}

/// A template is a page of text.
const FILE_BYTES_MAX: u64 = 1 << 20;
