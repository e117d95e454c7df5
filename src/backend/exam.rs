use std::sync::Arc;
use std::time::Duration;

use super::contract::Call;
use super::fault::{self, CallFault};
use super::http::Answer;
use super::{Backend, Contract, ContractPin};
use crate::order::{Order, StaffId, Stage};
use crate::station::{Abilities, LinkFault, QueueRead};

/// What a look at a project found, each part only where those before it went well.
#[derive(Clone, Debug, Default)]
pub struct Examination {
    /// The account, signed in, or why it is not.
    pub sign_in: Option<Result<StaffId, LinkFault>>,
    /// Server time minus this machine's, in microseconds, within what the header `Date` tells.
    pub clock_offset_us: i64,
    /// Which contract the project speaks.
    pub contract: Option<Result<Contract, LinkFault>>,
    /// Whether the configuration names it.
    pub is_pinned: bool,
    /// The name in the account's row of staff, empty where it has none; the inner none is an account without a row.
    pub staff: Option<Result<Option<Box<str>>, LinkFault>>,
    /// What was read of the open orders, for an account that may read any.
    pub queue: Option<Result<Queue, LinkFault>>,
    /// The functions that a station uses.
    pub functions: Option<Result<Functions, LinkFault>>,
    /// What the project is able to do.
    pub abilities: Option<Result<Abilities, LinkFault>>,
}

/// What is in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// How many open orders there are.
    pub orders: usize,
    /// How many more rows there are that cannot be understood.
    pub unreadable: usize,
    /// Whether there are cakes past Filling, and of none is it told when it was filled: its history is hidden from this account.
    pub hides_history: bool,
}

impl Queue {
    fn of(read: &QueueRead) -> Self {
        let is_past = |order: &&Arc<Order>| order.stage > Stage::Filling;
        let mut past = read.orders.iter().filter(is_past).peekable();
        Self {
            orders: read.orders.len(),
            unreadable: read.unreadable,
            hides_history: past.peek().is_some() && past.all(|order| order.times.filling_complete.is_none()),
        }
    }
}

/// Which functions are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Functions {
    /// How many were asked for.
    pub asked: usize,
    /// How many of them are the contract's.
    pub own: usize,
    /// Those of the contract that are missing.
    pub missing: Vec<&'static str>,
    /// Those beside it that are missing.
    pub missing_extensions: Vec<&'static str>,
    /// The median time from asking to a reply's first byte.
    pub round_trip: Duration,
}

impl Backend {
    /// Looks at the project with calls that change nothing: the writes among them name no order.
    pub async fn examine(&self) -> Examination {
        let mut found =
            Examination { is_pinned: self.config.pin != ContractPin::Auto, ..Examination::default() };
        let account = self.line.signed_in().await;
        found.sign_in = Some(account.clone());
        let Ok(account) = account else { return found };
        let contract = self.speak().await;
        found.contract = Some(contract.clone());
        if let Ok(contract) = contract {
            found.staff = Some(contract.own_row(self, &account).await);
            if let Some(Ok(Some(_))) = found.staff {
                let read = contract.refresh(self, None).await;
                found.queue = Some(read.map(|read| Queue::of(&read)));
            }
            found.functions = Some(self.functions(contract, &account).await);
            found.abilities = Some(contract.abilities(self).await);
        }
        found.clock_offset_us = self.clock_offset_us();
        found
    }

    async fn functions(&self, contract: Contract, account: &StaffId) -> Result<Functions, LinkFault> {
        let (own, extensions) = contract.probes(self.store(), account);
        let mut round_trips = Vec::new();
        let mut functions =
            Functions { asked: own.len() + extensions.len(), own: own.len(), ..Functions::default() };
        for call in &own {
            self.look_for(call, &mut functions.missing, &mut round_trips).await?;
        }
        for call in &extensions {
            self.look_for(call, &mut functions.missing_extensions, &mut round_trips).await?;
        }
        round_trips.sort_unstable();
        functions.round_trip = round_trips.get(round_trips.len() / 2).copied().unwrap_or_default();
        Ok(functions)
    }

    async fn look_for(
        &self,
        call: &Call,
        missing: &mut Vec<&'static str>,
        round_trips: &mut Vec<Duration>,
    ) -> Result<(), LinkFault> {
        let answer = self.line.probe(call).await?;
        round_trips.push(answer.round_trip);
        if is_missing(&answer)? {
            missing.push(call.function);
        }
        Ok(())
    }
}

/// Whether an answer says that there is no such function; a fault where it is none of the backend's.
fn is_missing(answer: &Answer) -> Result<bool, LinkFault> {
    if answer.is_success() {
        return if fault::is_page(answer) { Err(fault::of_body(answer)) } else { Ok(false) };
    }
    match fault::of_call(answer) {
        CallFault::Link(LinkFault::NoFunction(_)) => Ok(true),
        CallFault::Link(fault @ (LinkFault::NotSupabase(_) | LinkFault::WrongKey)) => Err(fault),
        // A refusal or a failure of its own shows that it is there.
        CallFault::Link(_) | CallFault::Expired(_) => Ok(false),
    }
}
