//! The table of `workflow.md` 2: what a scan of a cake does, as one pure function of what is known.

use std::sync::Arc;
use std::time::Duration;

use super::planted::{Bug, planted};
use super::question::Confirm;
use super::{Answer, Dwell, Fact, Held, Question, Since};
use crate::order::{Action, Order, Post, Stage, Timestamp};

/// All that the answer to one scan rests on.
pub(super) struct Case<'a> {
    pub(super) at: Timestamp,
    pub(super) post: Post,
    /// The cake with this station's own unconfirmed actions applied.
    pub(super) order: &'a Order,
    pub(super) basis: Basis,
    pub(super) dwell: &'a Dwell,
    /// What is known of a label of this cake that is not out yet.
    pub(super) label: Option<Label>,
    /// When its label was first read here.
    pub(super) label_read: Option<Timestamp>,
    /// When the stage it is in was started here, for its present count of returns.
    pub(super) started: Option<Timestamp>,
    pub(super) starts: Starts,
    /// What a person was asked, when this scan comes in time to answer it.
    pub(super) confirm: Option<Confirm>,
    /// Whether a station between the cake's stage and this one is silent or has a backlog.
    pub(super) is_upstream_late: bool,
    /// Whether "not here" was said of it a short while ago.
    pub(super) was_not_here: bool,
    /// Other cakes of the order that are not in Packing yet.
    pub(super) behind: Vec<Arc<Order>>,
}

/// What is made of starts of Covering and Decorating.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Starts {
    /// Nothing: the backend keeps none.
    None,
    /// The backend keeps those that are made elsewhere.
    Kept,
    /// The first scan here is one.
    Scanned,
}

/// What the copy of the cake is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// The local copy, and the backend can be asked.
    Copy,
    /// Just read from the backend.
    Fresh,
    /// The local copy, so old; the backend cannot be asked.
    Stale(Duration),
}

/// A print job that is not done.
pub(super) enum Label {
    /// On its way; the answer says where.
    Coming(Answer),
    /// Nobody knows: the question.
    Unknown(Question),
}

/// What a scan does.
#[derive(Debug, PartialEq)]
pub(super) enum Decision {
    /// Nothing but an answer.
    Answer(Answer),
    /// Nothing before the backend was asked.
    Verify,
    /// Nothing yet: a question, and the action that a further scan then takes.
    Ask(Question, Action),
    /// A fact is kept here, and then answered.
    Keep(Fact, Answer, Option<Action>),
    /// The action is taken.
    Do(Action),
    /// The action is taken, ahead of the stage named.
    Hold(Action, Stage),
}

/// The first action that a cake needs at a stage.
pub(super) fn first_action(stage: Stage, starts: Starts) -> Option<Action> {
    match stage {
        Stage::Filling => Some(Action::Print),
        Stage::Packing => stage.start(),
        stage => stage.start().filter(|_| starts == Starts::Scanned).or(stage.completion()),
    }
}

/// The action that a cake needed at `at`, by its timestamps: what others have done since is asked for again, and is then
/// already done, and the cake is not moved a stage too far.
pub(super) fn action_at(order: &Order, at: Timestamp, starts: Starts) -> Action {
    let is_over = |action: &Action| match order.times.of(*action) {
        Some(done_at) => done_at <= at,
        None if action.is_start() && action.stage() == Some(order.stage) => {
            order.started_at().is_some_and(|started| started <= at)
        }
        // The office moved it on without.
        None => action.stage().is_some_and(|own| order.stage > own),
    };
    [
        Action::Print,
        Action::CompleteFilling,
        Action::StartCovering,
        Action::CompleteCovering,
        Action::StartDecorating,
        Action::CompleteDecorating,
        Action::StartPacking,
    ]
    .into_iter()
    .filter(|action| starts == Starts::Scanned || !action.is_start() || *action == Action::StartPacking)
    .find(|action| !is_over(action))
    .unwrap_or(Action::CompletePacking)
}

pub(super) fn decide(case: &Case) -> Decision {
    let here = match case.post {
        Post::At(stage) => stage,
        Post::Any => case.order.stage,
    };
    if let Some(at) = case.order.times.cancelled.filter(|_| !planted(Bug::IgnoresCancelled)) {
        return case.negative(Answer::Cancelled { at: Some(at), stale: case.stale() });
    }
    match case.order.stage {
        Stage::Complete => case.done_before(Stage::Packing.min(here)),
        stage if stage > here => case.done_before(here),
        stage if stage < here => case.early(here),
        Stage::Filling => case.filling(),
        Stage::Covering => case.working(Action::StartCovering, Action::CompleteCovering),
        Stage::Decorating => case.decorating(),
        Stage::Packing => case.packing(),
    }
}

impl Case<'_> {
    fn filling(&self) -> Decision {
        match &self.label {
            Some(Label::Coming(answer)) => return Decision::Answer(answer.clone()),
            Some(Label::Unknown(question)) => {
                return Decision::Answer(Answer::Asks(question.clone()));
            }
            None => {}
        }
        let Some(printed) = self.order.times.filling_start else { return Decision::Do(Action::Print) };
        match self.label_read.or(Some(printed).filter(|_| planted(Bug::TakesLabelForRead))) {
            Some(read) => self.soon(Some((read, Since::LabelRead)), Action::CompleteFilling),
            None if self.at.since(printed) > self.dwell.filling => {
                let asks = Answer::Asks(Question::LabelReadLate);
                Decision::Keep(Fact::LabelRead, asks, Some(Action::CompleteFilling))
            }
            None => Decision::Keep(Fact::LabelRead, Answer::LabelReads, None),
        }
    }

    fn decorating(&self) -> Decision {
        let is_asked = self.started.is_some() || planted(Bug::IgnoresReturn);
        match &self.order.returned {
            Some(back) if !is_asked => {
                let asks = Answer::Asks(Question::Returned { reason: back.reason.clone() });
                let fact = Fact::Started { rework: self.order.rework, stage: Stage::Decorating };
                Decision::Keep(fact, asks, None)
            }
            // What a backend would keep of a start is of before the return: a rework is started here alone.
            Some(_) => self.since_started(Since::ReworkStarted, Action::CompleteDecorating),
            None => self.working(Action::StartDecorating, Action::CompleteDecorating),
        }
    }

    /// A stage that has a start where start scans are made, and else none.
    fn working(&self, start: Action, completion: Action) -> Decision {
        if self.starts == Starts::Scanned && self.started.is_none() && !planted(Bug::SkipsStarts) {
            return Decision::Do(start);
        }
        self.since_started(Since::Started, completion)
    }

    fn since_started(&self, since: Since, completion: Action) -> Decision {
        let started = self.started.map(|at| (at, since));
        let since = self.came_in().into_iter().chain(started).max_by_key(|(at, _)| *at);
        self.soon(since, completion)
    }

    fn packing(&self) -> Decision {
        match self.order.times.packing_start {
            // At a station of Packing a start does no harm; where one gun does every stage, a second scan is a slip.
            None if self.post == Post::Any => self.soon(self.came_in(), Action::StartPacking),
            None => Decision::Do(Action::StartPacking),
            Some(started) => match self.soon(Some((started, Since::PackingStarted)), Action::CompletePacking)
            {
                // Asked last, so that its answer is never taken for that of the other question.
                Decision::Do(action)
                    if !self.behind.is_empty()
                        && !planted(Bug::IgnoresSibling)
                        && !self.confirm.is_some_and(|confirm| confirm.names_sibling) =>
                {
                    Decision::Ask(Question::SiblingBehind(self.behind.clone()), action)
                }
                decision => decision,
            },
        }
    }

    fn came_in(&self) -> Option<(Timestamp, Since)> {
        self.order.entered_at().map(|at| (at, Since::CameIn))
    }

    /// Guard (c): what came in just now is asked about.
    fn soon(&self, since: Option<(Timestamp, Since)>, action: Action) -> Decision {
        let dwelt = since.map(|(at, since)| (self.at.since(at), since));
        let least = action.stage().map_or(Duration::ZERO, |own| self.dwell.of(own));
        match dwelt {
            Some((ago, since)) if ago < least && self.confirm.is_none() && !planted(Bug::ForgetsDwell) => {
                Decision::Ask(Question::SoSoon { ago, since, action }, action)
            }
            _ => Decision::Do(action),
        }
    }

    /// The cake is in a later stage.
    fn done_before(&self, here: Stage) -> Decision {
        let own = here.completion();
        let done_at = own.and_then(|own| self.order.times.of(own));
        if done_at.is_none() && self.order.stage != Stage::Complete {
            return self.not_here();
        }
        let mark = own.and_then(|own| self.order.mark(own)).cloned();
        self.negative(Answer::AlreadyDone { mark, done_at, stale: self.stale() })
    }

    /// The cake is in an earlier stage.
    fn early(&self, here: Stage) -> Decision {
        let is_held = match self.basis {
            Basis::Copy => return Decision::Verify,
            Basis::Fresh => self.is_upstream_late || self.was_not_here,
            Basis::Stale(_) => true,
        };
        if let (Some(asked), Basis::Fresh, false) =
            (self.never_finished(here), self.basis, self.is_upstream_late)
        {
            return asked;
        }
        match first_action(here, self.starts) {
            Some(action) if is_held => Decision::Hold(action, self.order.stage),
            _ => self.not_here(),
        }
    }

    /// The stage before was started and its end was never scanned, though the cake is here.
    fn never_finished(&self, here: Stage) -> Option<Decision> {
        let stage = Some(self.order.stage)
            .filter(|stage| stage.next() == Some(here) && self.starts != Starts::None)?;
        let (started, completion) = (self.order.started_at()?, stage.completion()?);
        Some(match self.confirm {
            Some(_) => Decision::Do(completion),
            None => Decision::Ask(Question::NeverFinished { stage, started }, completion),
        })
    }

    fn not_here(&self) -> Decision {
        let before = Stage::WORKED
            .into_iter()
            .find(|stage| stage.next() == Some(self.order.stage))
            .and_then(Stage::completion);
        let mark = before.and_then(|action| self.order.mark(action)).cloned();
        let (stage, since) = (self.order.stage, self.order.entered_at());
        self.negative(Answer::NotHere { stage, since, mark, stale: self.stale() })
    }

    /// A negative answer is first read from the backend, where that can be done.
    fn negative(&self, answer: Answer) -> Decision {
        if self.basis == Basis::Copy && !planted(Bug::TrustsCopyForNo) {
            Decision::Verify
        } else {
            Decision::Answer(answer)
        }
    }

    fn stale(&self) -> Option<Duration> {
        match self.basis {
            Basis::Stale(age) => Some(age),
            Basis::Copy | Basis::Fresh => None,
        }
    }
}

/// Why an action that is taken waits.
pub(super) fn held(is_frozen: bool, is_offline: bool, early: Option<Stage>, is_known: bool) -> Option<Held> {
    match early {
        _ if !is_known => Some(Held::NotKnownYet),
        Some(stage) => Some(Held::Upstream(stage)),
        None if is_frozen => Some(Held::ReadOnly),
        None => is_offline.then_some(Held::Offline),
    }
}
