//! The words of the command sheet, and what is said beside it.

use crate::order::Store;
use crate::order::code::Command;
use crate::station::LinkFault;

use super::fault::{self, Told};
use super::time::{self, Clock};

/// Above the commands.
pub const COMMANDS: &str = "Commands";
/// Above the answers to a question.
pub const PICKS: &str = "Answers";
/// Above the storage places.
pub const PLACES: &str = "Keep the cake here";
/// Above the reasons for a return.
pub const REASONS: &str = "Send back to Decorating";
/// Above the badges.
pub const BADGES: &str = "Who works here";

/// What a command is called, and what it does.
pub fn command(command: Command) -> (&'static str, &'static str) {
    match command {
        Command::Assign => ("Give me the cake", "Scan this, then the cake: it is yours."),
        Command::Unassign => ("Nobody’s cake", "Scan this, then the cake: it is nobody’s again."),
        Command::Undo => {
            ("Undo", "Takes back what this gun did last. For another cake: scan this, then the cake.")
        }
        Command::Reprint => (
            "Print again",
            "Another label of this gun’s last cake. For another cake: scan this, then the cake.",
        ),
        Command::Cancel => {
            ("Never mind", "Drops the command or question of this gun. No order is cancelled.")
        }
        Command::Help => ("Call for help", "Every station sees that help is wanted here."),
        Command::Test => ("Test", "Shows whether gun and printer work. No cake changes."),
        Command::SignOut => ("Sign out", "Nobody works here until the next badge."),
    }
}

/// An answer to a question on the screen.
pub fn pick(nth: u8) -> (String, &'static str) {
    (format!("Answer {nth}"), "When the screen asks: takes the answer with this number.")
}

/// What the code of a storage place does.
pub const PLACE: &str = "Scan this, then the cake.";
/// What the code of a reason does.
pub const REASON: &str = "Scan this, then the cake, then this again.";
/// What a badge does.
pub const BADGE: &str = "Works here from this scan on.";

/// A sentence about what only some of the station's shops have.
pub fn only(stores: &[Store], sentence: &str) -> String {
    format!("{}. {sentence}", shops(stores))
}

/// At the foot of every page: whose it is, and of which day. A station that is not known is left out.
pub fn foot(stores: &[Store], station: Option<&str>, clock: &Clock) -> String {
    let today = clock.today();
    let day = format!("{} {}", time::day(today), today.civil().0);
    let whose = Some(shops(stores)).filter(|shops| !shops.is_empty());
    let parts = [whose, station.map(str::to_owned), Some(day), Some("print at 100 %".to_owned())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Instead of what a code does, where there is none.
pub const NO_CODE_LETTERS: &str = "No code: it has letters that a code cannot have.";
/// The same, where it is too long.
pub const NO_CODE_LONG: &str = "No code: it would be wider than the page.";

/// The same, where another person's badge reads alike.
pub const NO_CODE_SHARED: &str = "No code: somebody else’s badge reads alike.";

/// Says so to whoever made the sheet.
pub fn letters(name: &str) -> String {
    format!(
        "{name} has no code: a code carries a to z, digits and plain marks alone. Let the office give it such a name"
    )
}

/// The same of a name that is too long.
pub fn long(name: &str) -> String {
    format!("{name} has no code: it would be wider than the page. Let the office give it a shorter name")
}

/// The same of a badge that a gun may not tell from another's.
pub fn shared(name: &str) -> String {
    format!(
        "{name} has no code: somebody else has this badge, or one that differs in capitals alone, which guns do not tell. Let \
         the office change one of the two"
    )
}

/// Two names of a shop that are one to a gun.
pub fn alike(name: &str, other: &str) -> String {
    format!("{name} is not on it: its code reads as that of {other}. Let the office keep one of the two")
}

/// Nothing was asked of the backend.
pub const COMMANDS_ALONE: &str = "Commands and answers alone: storage places, QC reasons and badges are known to the order system, which was not asked";

/// Which kind of code is not on the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Storage places.
    Places,
    /// Reasons for a return.
    Reasons,
    /// Badges.
    Badges,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Places => "storage places",
            Self::Reasons => "QC reasons",
            Self::Badges => "badges",
        }
    }
}

/// The backend does not tell.
pub fn untold(store: Store, kind: Kind) -> String {
    let (store, kind) = (store.name(), kind.name());
    format!("No {kind} of {store}: its order system does not tell them to this station")
}

/// The backend tells that there are none.
pub fn none(store: Store, kind: Kind) -> String {
    let (store, kind) = (store.name(), kind.name());
    format!("No {kind} of {store}: the office has set none")
}

/// Letters that no font has.
pub fn boxes(letters: impl IntoIterator<Item = char>) -> String {
    let letters: Vec<String> = letters.into_iter().map(String::from).collect();
    format!("These letters are boxes on it: {}", letters.join(" "))
}

/// A text that is longer than its place.
pub fn cut(text: &str) -> String {
    format!("Cut short on it: {text}")
}

/// The backend did not answer.
pub fn unasked(why: &LinkFault) -> Told {
    let told = fault::link(why);
    let sheet = Told::new(
        format!("The order system cannot be asked: {}", told.happened),
        "No sheet was drawn: it would lack storage places, QC reasons and badges",
        "See `ordak-station doctor`; or take --no-backend, which draws the commands and answers alone",
    );
    sheet.with(told.detail.unwrap_or_default())
}

/// A file of another kind was asked for.
pub const NO_KIND: &str = "FILE must end in .pdf or .png";

fn shops(stores: &[Store]) -> String {
    stores.iter().map(|store| store.name()).collect::<Vec<_>>().join(", ")
}
