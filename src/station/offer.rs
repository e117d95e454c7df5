//! What a finger on a cake would do: the rule of a scan, asked without acting.

use super::act::undecided;
use super::rules::{self, Decision};
use super::{Answer, Fact, Offer, Station};
use crate::order::OrderId;

impl Station {
    /// What a scan of this cake would do now.
    pub(super) fn offer(&self, id: OrderId) -> Offer {
        let is_undecided = self.open.of(id).any(undecided);
        let Some(raw) = self.orders.get(id).filter(|_| !is_undecided) else { return Offer::Nothing };
        let order = self.effective(raw, id);
        match rules::decide(&self.case(self.at, &order, raw.stage, self.basis(id))) {
            Decision::Do(action) | Decision::Ask(_, action) | Decision::Hold(action, _) => Offer::Act(action),
            Decision::Keep(Fact::LabelRead, ..) => Offer::ReadLabel,
            Decision::Keep(..) => Offer::StartRework,
            Decision::Answer(Answer::LabelComing { .. }) => Offer::LabelComing,
            Decision::Answer(Answer::LabelFailed { .. }) => Offer::LabelFailed,
            Decision::Answer(Answer::Asks(_)) => Offer::LabelInDoubt,
            Decision::Answer(_) | Decision::Verify => Offer::Nothing,
        }
    }
}
