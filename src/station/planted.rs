//! Bugs that the simulator switches on, one at a time, each at the rule that it breaks: a test that cannot fail shows
//! nothing. Outside the tests [`planted`] is false and leaves no trace in the program.

/// What the station does when the bug is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bug {
    AcceptsWhatWasNotStored,
    AnswersTwice,
    DropsTheRefused,
    DropsWhenSignedOut,
    ForgetsDwell,
    ForgetsGuard,
    ForgetsParkedAtStart,
    ForgetsTheFleet,
    ForgetsTheLost,
    GuessesTheCake,
    IgnoresCancelled,
    IgnoresReturn,
    IgnoresSibling,
    KeepsQuestionsOpen,
    KeepsTheUnpromised,
    LetsFollowersGoOn,
    NumbersCopiesAlike,
    OrdersByClock,
    ParksEarly,
    PrintsAgainAfterStart,
    PrintsAgainInDoubt,
    PrintsTheKnownUnasked,
    RetriesWithNewRework,
    SaysNothingOfFullDisk,
    SendsBeforeDurable,
    SendsNewestFirst,
    SendsParked,
    StartsWithoutLabel,
    TakesAnyGunsAnswer,
    TakesLabelForRead,
    TrustsCopyForNo,
    TrustsHints,
    TrustsRetriedWrite,
    /// Where the backend knows no intents and keeps other starts: these.
    WritesUnseen,
    SkipsSettling,
    TakesOthersForOwn,
    ForgetsTheTried,
    KeepsStartOverReturn,
    SkipsStarts,
}

#[cfg(not(test))]
pub(super) const fn planted(_: Bug) -> bool {
    false
}

#[cfg(test)]
pub(super) use switch::{ALL, WEAK, plant, planted};

#[cfg(test)]
mod switch {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    pub fn planted(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }

    pub const ALL: &[Bug] = &[
        Bug::AcceptsWhatWasNotStored,
        Bug::AnswersTwice,
        Bug::DropsTheRefused,
        Bug::DropsWhenSignedOut,
        Bug::ForgetsDwell,
        Bug::ForgetsGuard,
        Bug::ForgetsParkedAtStart,
        Bug::ForgetsTheFleet,
        Bug::ForgetsTheLost,
        Bug::GuessesTheCake,
        Bug::IgnoresCancelled,
        Bug::IgnoresReturn,
        Bug::IgnoresSibling,
        Bug::KeepsQuestionsOpen,
        Bug::KeepsTheUnpromised,
        Bug::LetsFollowersGoOn,
        Bug::NumbersCopiesAlike,
        Bug::OrdersByClock,
        Bug::ParksEarly,
        Bug::PrintsAgainAfterStart,
        Bug::PrintsAgainInDoubt,
        Bug::PrintsTheKnownUnasked,
        Bug::RetriesWithNewRework,
        Bug::SaysNothingOfFullDisk,
        Bug::SendsBeforeDurable,
        Bug::SendsNewestFirst,
        Bug::SendsParked,
        Bug::StartsWithoutLabel,
        Bug::TakesAnyGunsAnswer,
        Bug::TakesLabelForRead,
        Bug::TrustsCopyForNo,
        Bug::TrustsHints,
        Bug::TrustsRetriedWrite,
    ];

    /// Those that a backend which knows intents would forgive.
    pub const WEAK: &[Bug] = &[
        Bug::WritesUnseen,
        Bug::SkipsSettling,
        Bug::TakesOthersForOwn,
        Bug::ForgetsTheTried,
        Bug::KeepsStartOverReturn,
        Bug::SkipsStarts,
    ];
}
