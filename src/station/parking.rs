//! What is put in front of a person: an intent that the backend will not take, and what waits behind it.

use super::commit::Then;
use super::outage::Fate;
use super::planted::{Bug, planted};
use super::{Answer, IntentState, Parked, Record, Station};
use crate::order::IntentId;

impl Station {
    /// Puts an intent, and with it what waits behind it on the same cake, in front of a person.
    pub(super) fn park(&mut self, id: IntentId, why: &Parked) {
        let Some(head) = self.open.get(id).cloned() else { return };
        let name = self.open.name(&head);
        let followers: Vec<_> = self
            .open
            .of(name)
            // The cake's way does not depend on what moves no cake.
            .filter(|_| head.action.stage().is_some() && !planted(Bug::LetsFollowersGoOn))
            .filter(|intent| intent.seq > head.seq && intent.state == IntentState::Open)
            .map(|intent| intent.id)
            .collect();
        let parked =
            std::iter::once((id, why.clone())).chain(followers.into_iter().map(|id| (id, Parked::Behind)));
        for (id, why) in parked {
            self.came_to(id, Fate::Refused);
            if let Some(intent) = self.open.change(id, |intent| intent.state = IntentState::Parked(why)) {
                self.commit(vec![Record::Intent(intent)], Then::Release(id));
            }
        }
        if let Some(line) = self.open.line_mut(name) {
            line.begin_anew();
        }
        self.open.requeue(name);
        self.is_attention_stale = true;
        self.show_details(head.order);
        if let Some(answer) = refusal_answer(why, head.detail.is_some()) {
            self.tell_of(&head, answer);
            if let Some(live) = self.open.live_mut(id) {
                live.is_ended = true;
            }
        }
    }
}

/// The last word on an intent that is parked; none while a person may yet let it go on.
fn refusal_answer(why: &Parked, is_detail: bool) -> Option<Answer> {
    Some(match why {
        Parked::Refused(refusal) if refusal.cancelled_at.is_some() && !is_detail => {
            Answer::Cancelled { at: refusal.cancelled_at, stale: None }
        }
        Parked::Refused(refusal) => Answer::Refused(refusal.clone()),
        Parked::NoExactCake => Answer::NoScan(super::NoScan::NoExactCake),
        Parked::Behind | Parked::TooSoon => return None,
    })
}
