//! Every fault, in three parts for staff and one for the on-call person.

use super::answer::{also_printed, past, shortened};
use super::time::{Clock, span, when};
use crate::order::{Action, Detail, Stage};
use crate::station::{Card, ContractDoubt, LinkFault, Matter, Parked, Refusal, RefusalCode, StoreFault};

mod device;

pub use device::{printer, scanner};
pub(super) use device::{printer_brief, scanner_brief};

/// A fault in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What happened.
    pub happened: String,
    /// What it means for the work.
    pub means: String,
    /// What to do.
    pub remedy: String,
    /// What the on-call person wants to know.
    pub detail: Option<String>,
}

impl Told {
    pub(super) fn new(
        happened: impl Into<String>,
        means: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { happened: happened.into(), means: means.into(), remedy: remedy.into(), detail: None }
    }

    pub(super) fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into()).filter(|detail| !detail.is_empty());
        self
    }
}

/// Why the order system does not answer.
pub fn link(fault: &LinkFault) -> Told {
    match fault {
        LinkFault::Unreachable(why) => Told::new(
            "No network",
            "Scans are saved here and sent later",
            "Go on working. Check the network cable or the Wi-Fi",
        )
        .with(&**why),
        LinkFault::TimedOut => Told::new(
            "The order system is slow",
            "It did not answer in time. Scans are kept and sent again",
            "Go on working. If it lasts 15 min, call the on-call person",
        ),
        LinkFault::NotSupabase(what) => Told::new(
            "Wrong address, or a login page",
            "Something answers, but it is not the order system",
            "Check the Wi-Fi's login page, then [backend] url in station.toml",
        )
        .with(&**what),
        LinkFault::Malformed(what) => Told::new(
            "Broken answer",
            "The order system's answer was cut short or makes no sense",
            "Go on working. If it does not clear in 5 min, call the on-call person",
        )
        .with(&**what),
        LinkFault::WrongKey => Told::new(
            "Key refused",
            "This station cannot talk to the order system",
            "Call the on-call person: [backend] anon_key in station.toml is wrong",
        ),
        LinkFault::WrongPassword => Told::new(
            "Sign-in refused",
            "Email or password of this station is wrong. Scans stay here until it is put right",
            "Call the on-call person: check [backend] email and password_file",
        ),
        LinkFault::Forbidden(what) => Told::new(
            "No permission",
            "This station's account may not do this",
            "Ask a supervisor to approve the account of this station",
        )
        .with(&**what),
        LinkFault::NoFunction(what) => Told::new(
            "The order system is being updated",
            "A function that this station needs is not there",
            "Wait 5 min. If it lasts, call the on-call person: contract or migration",
        )
        .with(&**what),
        LinkFault::NoContract(ContractDoubt::Neither) => Told::new(
            "Not an order system of ours",
            "The project has the functions of no contract we speak: nothing is sent to it",
            "Is it being updated? Wait 5 min. Else call the on-call person: [backend] url",
        ),
        LinkFault::NoContract(ContractDoubt::Both) => Told::new(
            "Two order systems in one",
            "The project has the functions of two contracts at once: nothing is sent by guesswork",
            "Call the on-call person: name the right one in [backend] contract",
        ),
        LinkFault::Busy(wait) => Told::new(
            "The order system is busy",
            format!("It asked us to wait {}", span(*wait)),
            "Nothing to do: it goes on by itself",
        ),
        LinkFault::Server(status) => Told::new(
            "The order system has a fault",
            "It cannot answer just now, so scans wait here",
            "Go on working. Tell the on-call person if it lasts 10 min",
        )
        .with(format!("HTTP {status}")),
    }
}

/// Why nothing can be saved.
pub fn store_fault(fault: &StoreFault) -> Told {
    match fault {
        StoreFault::Full => Told::new(
            "The disk is full",
            "Nothing can be saved, so nothing is taken",
            "Call the on-call person: make room on the disk",
        ),
        StoreFault::Hangs => Told::new(
            "The disk does not answer",
            "What was scanned is not saved yet, so nothing more is taken",
            "Restart it, then call the on-call person",
        ),
        StoreFault::Broken(why) => Told::new(
            "The disk has a fault",
            "The journal cannot be written, so no scan counts",
            "Do not scan here. Call the on-call person",
        )
        .with(&**why),
    }
}

/// Why no more scans are taken: too many wait.
pub fn full() -> Told {
    Told::new(
        "Too many scans wait",
        "The order system has been away for very long",
        "Write the numbers down and call the on-call person",
    )
}

/// What the order system's rules refused.
pub fn refusal(refusal: &Refusal, clock: &Clock) -> Told {
    let (happened, remedy) = refused(refusal, clock);
    let means = match (refusal.code, refusal.cancelled_at) {
        _ if refusal.lacks_staff_row() => "Its account has no staff row: nothing sent here will ever count",
        _ if refusal.lacks_function() => "It has no function for this step, so nothing was changed",
        (_, Some(_)) => "The office cancelled this order",
        (RefusalCode::InvalidStage, None) => "The order system has this cake at another stage",
        (RefusalCode::PermissionDenied, None) => "The order system does not let this account do it",
        (RefusalCode::NotFound, None) => "The order system has no such cake",
        (RefusalCode::BadInput, None) => "The order system could not make sense of the scan",
        (RefusalCode::Conflict, None) => "The cake changed after it was scanned here",
    };
    Told::new(happened, means, remedy).with(&*refusal.message)
}

/// Why an action waits for a person.
pub fn parked(why: &Parked, clock: &Clock) -> Told {
    match why {
        Parked::Refused(why) => refusal(why, clock),
        Parked::NoExactCake => Told::new(
            "Which cake was it?",
            "The scan fits several cakes, or none, so nothing was sent",
            "Find the cake, scan its own label, then close this",
        ),
        Parked::Behind => Told::new(
            "Waits behind another scan",
            "An earlier scan of this cake must be settled first",
            "Settle the earlier one, then try again",
        ),
        Parked::TooSoon => Told::new(
            "Finished?",
            "It was scanned too soon to count as finished, so nothing was sent",
            "If it is finished, try again. If not, close this",
        ),
    }
}

/// Which cake a card is about: what was read, where that names no exact cake yet.
pub fn card_name(card: &Card) -> String {
    match card.intents.first().filter(|intent| !intent.is_exact) {
        Some(intent) => shortened(&intent.code),
        None => card.order.barcode(),
    }
}

/// What a card in Attention says.
pub fn card(card: &Card, clock: &Clock) -> Told {
    let first = card.intents.first();
    let detail = first.and_then(|intent| intent.detail.as_ref());
    let mut told = match (&card.matter, detail) {
        (Matter::Parked(Parked::Refused(why)), Some(detail)) => detail_refusal(why, detail),
        (Matter::Parked(why), _) => parked(why, clock),
        (Matter::LabelUnconfirmed, _) if is_copy(card) => Told::new(
            "Label out?",
            "Nobody knows if the further copy of its label came out",
            "Look for it. Found: say so. Not there: print another",
        ),
        (Matter::LabelUnconfirmed, _) => Told::new(
            "Label out?",
            "Nobody knows if its label came out, so Filling is not started",
            "Look for the label. Found: scan it, or say so. Not there: print another",
        ),
        (Matter::LabelExpired, _) if is_copy(card) => Told::new(
            "No copy yet",
            "The further copy of its label waited too long and no longer comes out by itself",
            "Still wanted: try again. If not, close this",
        ),
        (Matter::LabelExpired, _) => Told::new(
            "No label yet",
            "Its label waited too long and no longer comes out by itself",
            "Still wanted: try again. If not, close this",
        ),
        (Matter::AlsoPrinted { station, at }, _) => Told::new(
            "Printed twice",
            also_printed(station.as_deref(), *at, clock),
            "Bin one of the two, then close this",
        ),
        (Matter::OwesScan { station, stage }, _) => Told::new(
            "A scan was forgotten",
            format!("The cake was seen at {station}, but {stage} was not scanned as done"),
            "If it is done, scan it here. If not, go and look",
        ),
    };
    if let Some(intent) = first {
        let at = when(intent.captured_at, clock);
        let scanned = if intent.detail.is_some() {
            format!("{}, chosen {at}", past(intent.action))
        } else if intent.is_action_open {
            format!("Scanned {at}")
        } else {
            format!("{}, scanned {at}", past(intent.action))
        };
        told.detail = Some(match told.detail {
            Some(detail) => format!("{scanned}. {detail}"),
            None => scanned,
        });
    }
    told
}

/// What a person is asked before a card is closed.
pub fn close_asks(card: &Card) -> &'static str {
    match &card.matter {
        Matter::Parked(Parked::Refused(why)) if why.cancelled_at.is_some() => "Is the cake set aside?",
        Matter::Parked(_) => "Have you dealt with it? It is not sent any more",
        Matter::LabelUnconfirmed | Matter::LabelExpired if is_copy(card) => "Is no further copy wanted?",
        Matter::LabelUnconfirmed | Matter::LabelExpired => "Sure? No label comes, and Filling is not started",
        Matter::AlsoPrinted { .. } => "Is one of the two in the bin?",
        Matter::OwesScan { .. } => "Has somebody looked for the cake?",
    }
}

/// Whether the card is about a further copy of a label.
fn is_copy(card: &Card) -> bool {
    card.intents.first().is_some_and(|intent| intent.action == Action::Reprint)
}

/// The line and sentence of a detail's refusal: whether the order is cancelled has nothing to do with it.
pub(super) fn refused_detail(refusal: &Refusal, detail: &Detail) -> (String, String) {
    let (line, sentence) = match (refusal.code, detail) {
        (RefusalCode::BadInput, Detail::Assignee(_)) => {
            ("Not assigned", "Choose somebody who works here now")
        }
        (RefusalCode::BadInput, Detail::Storage(_)) => ("No such place", "Choose one of the shop's places"),
        (RefusalCode::Conflict, _) => ("It came back", "Look at the cake, then choose again"),
        (RefusalCode::NotFound, _) => ("No such order", "Ask the office about this cake"),
        (RefusalCode::PermissionDenied | RefusalCode::InvalidStage, _) => {
            ("Not allowed", "Fetch a supervisor, or choose otherwise")
        }
    };
    (line.to_owned(), sentence.to_owned())
}

/// What it means that a detail was refused.
fn detail_refusal(refusal: &Refusal, detail: &Detail) -> Told {
    let (happened, remedy) = refused_detail(refusal, detail);
    let means = match (refusal.code, detail) {
        (RefusalCode::BadInput, Detail::Assignee(_)) => "Whoever was chosen cannot be given cakes any more",
        (RefusalCode::BadInput, Detail::Storage(_)) => "The place that was chosen is not on the shop's list",
        (RefusalCode::Conflict, _) => "The cake changed after this was chosen here",
        (RefusalCode::NotFound, _) => "The order system has no such cake",
        (RefusalCode::PermissionDenied | RefusalCode::InvalidStage, _) => {
            "The order system does not let this account do it"
        }
    };
    Told::new(happened, means, remedy).with(&*refusal.message)
}

/// A refusal's line and sentence.
pub(super) fn refused(refusal: &Refusal, clock: &Clock) -> (String, String) {
    let call = |line: &str, why| (line.to_owned(), format!("Call the on-call person: {why}. Then try again"));
    if refusal.lacks_staff_row() {
        return call("Account not set up", "the account needs its staff row");
    }
    if refusal.lacks_function() {
        return call("Order system not ready", "a function is missing");
    }
    if let Some(at) = refusal.cancelled_at {
        return (format!("Cancelled {}", when(at, clock)), "Set the cake aside".to_owned());
    }
    let (line, sentence) = match (refusal.code, refusal.stage) {
        (RefusalCode::InvalidStage, Some(Stage::Complete)) => {
            ("Wrong stage", "It is packed already".to_owned())
        }
        (RefusalCode::InvalidStage, Some(stage)) => ("Wrong stage", format!("It belongs to {stage}")),
        (RefusalCode::InvalidStage, None) => {
            ("Wrong stage", "Scan it again to see where it belongs".to_owned())
        }
        (RefusalCode::PermissionDenied, _) => ("Not allowed", "Fetch a supervisor".to_owned()),
        (RefusalCode::NotFound, _) => ("No such order", "Ask the office about this cake".to_owned()),
        (RefusalCode::BadInput, _) => {
            ("Not understood", "Call the on-call person with this number".to_owned())
        }
        (RefusalCode::Conflict, _) => ("It came back", "Look at the cake, then scan it again".to_owned()),
    };
    (line.to_owned(), sentence)
}
