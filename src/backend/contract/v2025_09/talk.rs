//! The conversations of contract 2025-09 that take more than one call.

use crate::backend::contract::{Call, Context, Contract, each_row};
use crate::backend::line::Line;
use crate::backend::paging::{Paging, Row, Step};
use crate::backend::{Backend, UNDER_WAY_MAX};
use crate::order::{StaffId, Store, Timestamp};
use crate::station::{Found, Intent, LinkFault, Lookup, QueueRead, Reply};

/// Carries an intent out. Where functions take its id, whatever is lost may be sent again under the same.
pub async fn send(backend: &Backend, intent: &Intent) -> Reply {
    let sent = async {
        let taken = context(backend).await?;
        let account = backend.line.signed_in().await?;
        backend.line.write(&super::send(intent, &backend.config.station, &account, taken)).await
    };
    match sent.await {
        Ok(answer) => super::reply(intent, &answer),
        Err(fault) => Reply::Lost(fault),
    }
}

/// Reads the order or orders that a code names.
pub async fn find(line: &Line, lookup: &Lookup) -> Result<Found, LinkFault> {
    let call = match lookup {
        Lookup::Code(code) => super::find_code(code),
        Lookup::Order(id) => match line.read(&super::find_exact(*id)).await {
            // An extension: where it is missing, the scan of the whole id names the same cake.
            Err(LinkFault::NoFunction(_)) => super::find_code(&id.to_string()),
            answer => return super::found(lookup, &answer?),
        },
    };
    super::found(lookup, &line.read(&call).await?)
}

/// Reads the open orders, or what changed where the project can tell.
pub async fn refresh(backend: &Backend, since: Option<Timestamp>) -> Result<QueueRead, LinkFault> {
    if let Some(since) = since {
        let call = |store, limit, offset| super::changes(store, since, limit, offset);
        match read_pages(backend, call, Extent::Changes).await {
            Err(LinkFault::NoFunction(_)) => {}
            read => return read,
        }
    }
    read_pages(backend, super::queue, Extent::Whole).await
}

/// How much a reading covers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Changes,
}

async fn read_pages(
    backend: &Backend,
    call: impl Fn(Store, usize, usize) -> Call,
    extent: Extent,
) -> Result<QueueRead, LinkFault> {
    let mut read = QueueRead {
        is_whole: extent == Extent::Whole,
        orders: Vec::new(),
        began_at: Timestamp::from_micros(i64::MAX),
        unreadable: 0,
    };
    backend.known().tidy();
    let page_rows = backend.limits.page_rows;
    for store in &backend.config.stores {
        let mut paging = Paging::new(page_rows);
        let mut offset = 0;
        loop {
            let answer = backend.line.read(&call(*store, page_rows, offset)).await?;
            read.began_at = read.began_at.min(answer.at.minus(answer.round_trip + UNDER_WAY_MAX));
            match paging.take(each_row(&answer, Row::read)?, &mut backend.known())? {
                Step::Ask(next) => offset = next,
                Step::Finished => break,
            }
        }
        let (orders, unreadable) = paging.orders();
        if unreadable > 0 {
            tracing::warn!(%store, unreadable, "rows that cannot be understood are left out");
        }
        read.orders.extend(orders);
        read.unreadable += unreadable;
    }
    Ok(read)
}

/// Whether the project's functions take an intent's id.
pub async fn context(backend: &Backend) -> Result<Context, LinkFault> {
    let ask = async {
        let account = backend.line.signed_in().await?;
        ask_context(&backend.line, &account).await
    };
    backend.context_of(Contract::V2025_09, ask).await
}

/// Finds out whether the functions take `context`, by a call of each form that changes nothing. With it they are asked once
/// more before that is held against them: a project's schema cache may have been a moment behind.
async fn ask_context(line: &Line, account: &StaffId) -> Result<Context, LinkFault> {
    for form in [Context::Taken, Context::Unknown, Context::Taken] {
        match (probe(line, account, form).await, form) {
            (Ok(()), Context::Taken) => return Ok(Context::Taken),
            (Ok(()), Context::Unknown) | (Err(LinkFault::NoFunction(_)), Context::Taken) => {}
            (Err(fault), _) => return Err(fault),
        }
    }
    tracing::warn!("the project's functions take no context: nothing is exactly once");
    Ok(Context::Unknown)
}

/// Whether there is a function of this form.
async fn probe(line: &Line, account: &StaffId, form: Context) -> Result<(), LinkFault> {
    super::probed(&line.probe(&super::probe(account, form)).await?)
}
