//! What a bench's stations said, as lines of text.

use std::fmt::Write;

use super::Bench;
use crate::order::Action;
use crate::station::*;

impl Bench {
    /// The verdict lines since the last call, one a line.
    pub fn lines(&mut self, place: usize) -> String {
        let mut text = String::new();
        for verdict in self.stations[place].lines.drain(..) {
            let kind = verdict.answer.kind().expect("a line has a word").name();
            let order = verdict.order.map_or("-".into(), |order| order.to_string());
            let action = verdict.action.map_or("", Action::name);
            let note = note(&verdict.answer);
            let intent = if verdict.intent.is_some() { "" } else { " (no intent)" };
            writeln!(text, "{kind} {order} {action}{note}{intent}").expect("a string takes all");
        }
        text
    }

    /// The cards of a station, one a line.
    pub fn cards(&self, place: usize) -> String {
        let cards = self.view(place).attention;
        cards.iter().map(|card| format!("{} {:?}", card.order, card.matter)).collect::<Vec<_>>().join("\n")
    }
}

fn note(answer: &Answer) -> String {
    match answer {
        Answer::Asks(Question::Which(cakes)) => {
            let cakes: Vec<_> = cakes.iter().map(|cake| cake.id.to_string()).collect();
            format!(" which: {}", cakes.join(", "))
        }
        Answer::Asks(question) => format!(" {question:?}"),
        Answer::Held(held) => format!(" {held:?}"),
        Answer::NotHere { stage, stale, .. } => format!(" {stage} stale {stale:?}"),
        Answer::NoScan(why) => format!(" {why:?}"),
        Answer::AlreadyDone { mark, stale, .. } => {
            let station = mark.as_ref().and_then(|mark| mark.station.clone());
            format!(" by {} stale {stale:?}", station.unwrap_or("?".into()))
        }
        Answer::AlsoPrinted { mark } => {
            let station = mark.as_ref().and_then(|mark| mark.station.clone());
            format!(" also printed at {}", station.unwrap_or("?".into()))
        }
        Answer::Refused(refusal) => format!(" {:?}", refusal.code),
        Answer::Cancelled { stale, .. } => format!(" cancelled stale {stale:?}"),
        Answer::GivenUp => " given up".into(),
        Answer::NotStored(_) => " not stored".into(),
        Answer::AgreedLocally => " locally".into(),
        Answer::LabelOut { printer, instead_of, lacks, .. } => {
            format!(
                " at {printer}{}{}",
                instead_of.as_ref().map_or(String::new(), |other| format!(" not {other}")),
                if lacks.is_none() { "" } else { " cut" }
            )
        }
        Answer::LabelUnconfirmed { printer, fault } | Answer::LabelFailed { printer, fault } => {
            format!(" at {printer}: {fault:?}")
        }
        _ => String::new(),
    }
}
