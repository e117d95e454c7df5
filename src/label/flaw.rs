//! Why a template cannot be used.

/// A template that cannot be used; lengths are in millimetres, as its file has them.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("template {template}, line {line:?}: {flaw}")]
pub struct Error {
    /// Its name or file.
    pub template: Box<str>,
    /// Line of the file, from 1, where one is to blame.
    pub line: Option<usize>,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What is wrong with a template. Parts and rows are told as its file names them.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Flaw {
    /// The file is not TOML, or holds what no template does.
    #[error("{0}")]
    Unreadable(String),
    /// The printer has dots of another size.
    #[error("no printer has {dpi} dpi")]
    Resolution {
        /// Dots an inch that were asked for.
        dpi: u16,
        /// Those there are.
        known: Vec<u16>,
    },
    /// A length that no label has.
    #[error("{key} is {value_mm} mm, not {least_mm} to {most_mm}")]
    Length {
        /// Its key.
        key: &'static str,
        /// As it is.
        value_mm: f32,
        /// The least it may be.
        least_mm: f32,
        /// The most.
        most_mm: f32,
    },
    /// A part or row that every label has is missing.
    #[error("{what} is missing")]
    NotPlaced {
        /// The part or row.
        what: &'static str,
    },
    /// A row that is there twice.
    #[error("{what} is there twice")]
    Twice {
        /// The row.
        what: &'static str,
    },
    /// A part or row without a size of text, or with a larger one after a smaller.
    #[error("{what} has no sizes of text from the largest down")]
    NoText {
        /// The part or row.
        what: &'static str,
    },
    /// A part is not all on the stock, what it needs around it included.
    #[error("{what} is not all on the label")]
    Outside {
        /// The part.
        what: &'static str,
    },
    /// Two parts would be printed over each other.
    #[error("{what} and {other} are in the same place")]
    Overlap {
        /// The one part.
        what: &'static str,
        /// The other.
        other: &'static str,
    },
    /// Below the body of a label that grows, where it cannot be.
    #[error("{what} is below the body of a label that grows")]
    Below {
        /// The part.
        what: &'static str,
    },
    /// A part is too narrow for what it must hold.
    #[error("{what} has {width_mm} mm, not {needed_mm}")]
    Narrow {
        /// The part.
        what: &'static str,
        /// The width that is left to it.
        width_mm: f32,
        /// The width it needs.
        needed_mm: f32,
    },
    /// A part is too low for what it must hold.
    #[error("{what} is {height_mm} mm high, not {needed_mm}")]
    Low {
        /// The part.
        what: &'static str,
        /// Its height.
        height_mm: f32,
        /// The height it needs.
        needed_mm: f32,
    },
    /// A part has no room for what must be on every label.
    #[error("{what} has no room for {text:?}")]
    Short {
        /// The part.
        what: &'static str,
        /// What has no room.
        text: String,
    },
    /// The code of some cakes would not fit with its quiet zones.
    #[error("{barcode} needs {needed_mm} mm, not {width_mm}")]
    CodeNarrow {
        /// The widest code.
        barcode: String,
        /// The width it has.
        width_mm: f32,
        /// The width it needs.
        needed_mm: f32,
    },
    /// Too little between number and foot for a label that carries what did not fit.
    #[error("further labels have {height_mm} mm for text, not {needed_mm}")]
    Further {
        /// The height there is.
        height_mm: f32,
        /// The height of the fewest lines.
        needed_mm: f32,
    },
}
