//! The steps and their parts.

use crate::config::Flow;
use crate::order::{Post, Stage};
use crate::words::{Told, setup as words};

/// One thing that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Backend,
    SignIn,
    Place,
    Name,
    Screen,
    Scanner,
    Printer,
    Address,
    Kind,
    Label,
    Adjust,
    Ready,
    Done,
}

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Url,
    Key,
    Email,
    Password,
    Name,
    Address,
}

/// The gun that read the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// One that was found, by its place.
    Found(usize),
    /// One whose keys reached the window.
    Typing,
}

/// How far the sample has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Print {
    pub is_proved: bool,
    pub is_out: bool,
    pub is_read: bool,
}

/// What stands under the heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Waiting(&'static str),
    Well(String),
    Refused(Told),
}

impl Step {
    /// What is typed in it.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Backend => &[Field::Url, Field::Key],
            Self::SignIn => &[Field::Email, Field::Password],
            Self::Name => &[Field::Name],
            Self::Address => &[Field::Address],
            _ => &[],
        }
    }

    /// Its number for people: all of a printer is one.
    pub fn number(self) -> usize {
        match self {
            Self::Backend => 1,
            Self::SignIn => 2,
            Self::Place => 3,
            Self::Name => 4,
            Self::Screen => 5,
            Self::Scanner => 6,
            Self::Printer | Self::Address | Self::Kind | Self::Label | Self::Adjust => 7,
            Self::Ready | Self::Done => Self::COUNT,
        }
    }

    /// How many steps people count.
    pub const COUNT: usize = 8;
}

impl Field {
    /// How many there are.
    pub const COUNT: usize = 6;

    pub fn label(self) -> &'static str {
        match self {
            Self::Url => words::URL,
            Self::Key => words::KEY,
            Self::Email => words::EMAIL,
            Self::Password => words::PASSWORD,
            Self::Name => words::STATION_NAME,
            Self::Address => words::PRINTER_ADDRESS,
        }
    }

    pub fn is_secret(self) -> bool {
        matches!(self, Self::Key | Self::Password)
    }
}

/// Every stage, and any.
pub const POSTS: [Post; 5] = [
    Post::At(Stage::Filling),
    Post::At(Stage::Covering),
    Post::At(Stage::Decorating),
    Post::At(Stage::Packing),
    Post::Any,
];

/// The code on the screen: the station's own self-test, which changes no cake wherever it is read.
pub const CODE: &str = "%CMD:TEST";

/// The stocks there are templates for, the usual one first.
pub const STOCKS: [&str; 3] = ["100x50", "62x29", "roll80"];

/// What printers of labels have.
pub const RESOLUTIONS: [u16; 2] = [203, 300];

/// What serial lines of printers run at, in bits a second.
pub const BAUDS: [u32; 4] = [9_600, 19_200, 38_400, 115_200];

/// The ways in which a printer says that it can take no more.
pub const FLOWS: [Flow; 3] = [Flow::None, Flow::RtsCts, Flow::XonXoff];

/// A gun that types to the window.
pub const TYPING: &str = "[[scanner]]\nkind = \"keyboard\"";

/// Where network printers listen.
pub const PORT: u16 = 9100;

/// Several times an anon key.
pub const TYPED_BYTES_MAX: usize = 2048;
