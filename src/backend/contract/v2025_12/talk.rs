//! The conversations of contract 2025-12: an order is in none of its functions whole.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde_json::Value;

use super::chronicle::Wanted;
use super::history::{self, Event, Past};
use super::pages::{Listed, Pages, Row, Step};
use super::{Author, Extent};
use crate::backend::contract::{Context, Contract, Table, each_row, errors, extensions, row, rows, v2025_09};
use crate::backend::line::Line;
use crate::backend::{Backend, UNDER_WAY_MAX};
use crate::order::code::Code;
use crate::order::{Action, Order, OrderId, Stage, Store, Times, Timestamp};
use crate::station::{Found, Intent, LinkFault, Lookup, QueueRead, Reply};

/// Refuses an account without a row of staff: reads answer it like any other, and no write of its will ever work. A project that does not
/// tell whose the account is says nothing against it.
pub async fn admit(backend: &Backend) -> Result<(), LinkFault> {
    use LinkFault::{Busy, TimedOut, Unreachable, WrongKey, WrongPassword};
    match learn_own_name(backend).await {
        Ok(None) => Err(LinkFault::Forbidden(NO_STAFF_ROW.into())),
        // Whatever is asked next would meet the same.
        Err(fault @ (Unreachable(_) | TimedOut | Busy(_) | WrongKey | WrongPassword)) => Err(fault),
        Ok(Some(_)) | Err(_) => Ok(()),
    }
}

/// Carries an intent out. Where the project takes no intents, the order's history tells whether one that was lost was.
pub async fn send(backend: &Backend, intent: &Intent) -> Reply {
    let Some(plain) = super::send(intent) else { return super::no_such_step() };
    let known = backend.known().held(intent.order);
    let sent = async {
        let taken = context(backend).await?;
        let call = match taken {
            Context::Taken => extensions::with_intent(intent, &backend.config.station, plain),
            Context::Unknown => plain,
        };
        Ok((taken, backend.line.write(&call).await?))
    };
    match sent.await {
        Ok((_, answer)) if !answer.is_success() => errors::reply(&answer),
        Ok((Context::Taken, answer)) => v2025_09::reply(intent, &answer),
        Ok((Context::Unknown, answer)) => super::reply(intent, known.as_deref(), &author(backend), &answer),
        Err(fault) => Reply::Lost(fault),
    }
}

/// Reads the order or orders that a code names. Scans are not resolved by the backend, which answers one cake of a split order for all of
/// them, and one store's for a number that both have.
pub async fn find(backend: &Backend, lookup: &Lookup) -> Result<Found, LinkFault> {
    let code = match lookup {
        Lookup::Order(id) => return Ok(one(backend, exact(backend, *id).await?)),
        Lookup::Code(code) => Code::parse(code),
    };
    let (stores, number): (&[Store], u32) = match &code {
        Code::Cake { id, .. } if id.suffix.is_some() => return Ok(one(backend, exact(backend, *id).await?)),
        Code::Cake { id, .. } => (&[id.store], id.number),
        Code::Number(number) => (&Store::ALL, *number),
        Code::Pick(_) | Code::Badge | Code::Command | Code::Product | Code::Unreadable => {
            return Ok(Found::Nothing);
        }
    };
    let mut found = Vec::new();
    for store in stores {
        found.extend(candidates(backend, *store, number).await?);
    }
    match &found[..] {
        [] => Ok(Found::Nothing),
        [only] => Ok(one(backend, exact(backend, only.id).await?)),
        _ => {
            for store in stores {
                let (own, others) = found.into_iter().partition(|order| order.id.store == *store);
                found = others;
                found.extend(with_pasts(&backend.line, *store, own).await?);
            }
            let listed = |order: &Order| Listed { order: order.clone(), updated_at: None };
            learn_details(backend, &found.iter().map(listed).collect::<Vec<_>>()).await;
            let found = found.into_iter().map(|order| backend.chronicle().detailed(order));
            let mut found: Vec<_> = found.map(Arc::new).collect();
            found.sort_by_key(|order| order.id);
            Ok(Found::Several(found))
        }
    }
}

/// Reads the open orders of the station's stores.
pub async fn refresh(backend: &Backend) -> Result<QueueRead, LinkFault> {
    let mut read = QueueRead {
        is_whole: true,
        orders: Vec::new(),
        began_at: Timestamp::from_micros(i64::MAX),
        unreadable: 0,
    };
    backend.known().tidy();
    if backend.chronicle().own_name().is_none()
        && let Err(fault) = learn_own_name(backend).await
    {
        tracing::debug!(?fault, "whose account this is, is asked the next time");
    }
    for store in &backend.config.stores {
        let (orders, unreadable, began_at) = queue(backend, *store).await?;
        if unreadable > 0 {
            tracing::warn!(%store, unreadable, "rows that cannot be understood are left out");
        }
        let mut known = backend.known();
        read.orders.extend(orders.into_iter().map(|order| known.keep(order)));
        read.unreadable += unreadable;
        read.began_at = read.began_at.min(began_at);
    }
    Ok(read)
}

/// Reads the places where a shop keeps its cakes; none where the project does not tell.
pub async fn places(line: &Line, store: Store) -> Result<Option<Vec<Arc<str>>>, LinkFault> {
    match line.read(&super::places(store)).await {
        Err(LinkFault::NoFunction(_)) => Ok(None),
        answer => super::places_read(&answer?).map(Some),
    }
}

/// The open orders of a store, how many rows could not be understood, and since when changes are to be read next time.
async fn queue(backend: &Backend, store: Store) -> Result<(Vec<Order>, usize, Timestamp), LinkFault> {
    let line = &backend.line;
    let mut listed = BTreeMap::new();
    let (mut unreadable, mut began_at) = (0, Timestamp::from_micros(i64::MAX));
    // As the work goes: an order that moves on meanwhile is seen twice, and the later place is the right one.
    for stage in Stage::WORKED {
        let mut pages = Pages::new(backend.limits.tied_page_rows);
        let mut step = pages.ask();
        while let Step::Ask { limit, offset } = step {
            let answer = line.read(&super::page(store, Extent::Stage(stage), limit, offset)).await?;
            began_at = began_at.min(answer.at.minus(answer.round_trip + UNDER_WAY_MAX));
            step = pages.take(each_row(&answer, Row::read)?)?;
        }
        let (read, skipped) = pages.rows();
        unreadable += skipped;
        listed.extend(read.filter(|row| row.order.id.store == store).map(|row| (row.order.id, row)));
    }
    // After the rows, so that no row is newer than its history.
    let told_to = backend.chronicle().told_to(store);
    let happened = match told_to {
        Some(since) => events(line, |offset| super::happened(store, since, offset)).await?,
        None => Vec::new(),
    };
    let returns = happened.iter().filter(|event| event.action == Action::QcReturn);
    for id in returns.map(|event| event.order) {
        // It may have gone back past the reading.
        if let Entry::Vacant(place) = listed.entry(id)
            && let Some(order) = exact(backend, id).await?
            && order.stage != Stage::Complete
        {
            place.insert(Listed { order, updated_at: None });
        }
    }
    backend.chronicle().go_on(&happened);
    let mut listed: Vec<_> = listed.into_values().collect();
    learn_pasts(backend, store, &listed).await?;
    learn_details(backend, &listed).await;
    let mut chronicle = backend.chronicle();
    chronicle.keep(store, &listed);
    chronicle.tell_to(store, began_at);
    count_siblings(&mut listed);
    let orders = listed.into_iter().map(|row| chronicle.complete(row.order)).collect();
    Ok((orders, unreadable, began_at))
}

/// Reads the histories of orders that are new in the queue.
async fn learn_pasts(backend: &Backend, store: Store, listed: &[Listed]) -> Result<(), LinkFault> {
    let unknown = backend.chronicle().without_past(listed);
    for ids in unknown.chunks(IDS_AT_ONCE) {
        let whole = events(&backend.line, |offset| super::histories(store, ids, offset)).await?;
        backend.chronicle().begin(ids, &whole);
    }
    Ok(())
}

/// Reads what rows of the queue leave out of their orders, of a few each time, those first whose labels are still to come.
async fn learn_details(backend: &Backend, listed: &[Listed]) {
    let wanted = backend.chronicle().without_details(listed, DETAILS_AT_ONCE);
    let (one, other) = wanted.split_at(wanted.len() / 2);
    let read = |part: Vec<Wanted>| async move {
        for Wanted { id, updated_at } in part {
            match backend.line.read(&super::exact(id)).await.and_then(|answer| super::exact_read(id, &answer))
            {
                Ok(row) => {
                    if let Some(order) = row.as_ref().and_then(super::order) {
                        backend.chronicle().learn_details(updated_at, &order);
                    }
                }
                Err(fault) => return tracing::debug!(?fault, "details are read the next time"),
            }
        }
    };
    tokio::join!(read(one.to_vec()), read(other.to_vec()));
}

/// One order, with its history, if there is one of this very id.
async fn exact(backend: &Backend, id: OrderId) -> Result<Option<Order>, LinkFault> {
    if context(backend).await? == Context::Taken {
        let (lookup, call) = (Lookup::Order(id), v2025_09::find_exact(id));
        let found = v2025_09::found(&lookup, &backend.line.read(&call).await?)?;
        return Ok(match found {
            Found::One(order) => {
                backend.chronicle().learn_details(None, &order);
                Some(Arc::unwrap_or_clone(order))
            }
            Found::Nothing | Found::Several(_) => None,
        });
    }
    let line = &backend.line;
    let row = super::exact(id);
    let (answer, of_number) = tokio::join!(line.read(&row), numbered(backend, id.store, id.number));
    let Some(row) = super::exact_read(id, &answer?)? else { return Ok(None) };
    let of_number = of_number?;
    let unreadable = || LinkFault::Malformed("an order that cannot be read".into());
    let mut order = super::order(&row).ok_or_else(unreadable)?;
    backend.chronicle().learn_details(row::time(&row, "updated_at").unwrap_or_default(), &order);
    // After the row, so that it is never newer than the history.
    let histories = events(line, |offset| super::histories(id.store, &[id], offset));
    let (history, scanned) = tokio::join!(histories, scanned_times(line, id));
    let history = history?;
    let mut past = Past::default();
    for event in &history {
        past.add(event);
    }
    past.write_on(&mut order);
    order.times = scanned?.unwrap_or(order.times);
    order.siblings = u8::try_from(of_number.len()).unwrap_or(u8::MAX).max(1);
    order.times.cancelled = match of_number.iter().find(|row| super::names(row, id)) {
        Some(queued) => row::time(queued, "cancelled_at").map_err(|_| unreadable())?,
        // Nothing says that it is not: what is complete without having been packed has been cancelled.
        None if order.stage == Stage::Complete && order.times.packing_complete.is_none() => {
            Some(row::time(&row, "updated_at").ok().flatten().unwrap_or(Timestamp::from_micros(0)))
        }
        None => None,
    };
    let (account, author) = (line.account(), author(backend));
    let chronicle = backend.chronicle();
    order.marks = history::marks(&history, account.as_ref(), &author, |id| chronicle.name_of(id));
    Ok(Some(order))
}

/// All orders of a store with this number, in whatever stage, without their histories.
async fn candidates(backend: &Backend, store: Store, number: u32) -> Result<Vec<Order>, LinkFault> {
    let rows = numbered(backend, store, number).await?;
    let siblings = u8::try_from(rows.len()).unwrap_or(u8::MAX);
    let read = |row| super::order(row).map(|order| Order { siblings, ..order });
    let orders: Option<Vec<_>> = rows.iter().map(read).collect();
    orders.ok_or_else(|| LinkFault::Malformed("an order that cannot be read".into()))
}

/// The rows of all orders of a store with this number.
async fn numbered(backend: &Backend, store: Store, number: u32) -> Result<Vec<Value>, LinkFault> {
    let mut found = BTreeMap::new();
    let mut offset = 0;
    // No pages with ties to lose: a number is found in a few orders, and the first page that brings nothing ends it.
    for _ in 0..NUMBER_PAGES_MAX {
        let call = super::page(store, Extent::Number(number), backend.limits.tied_page_rows, offset);
        let page = rows(&backend.line.read(&call).await?)?;
        let (count, total) = (page.len(), page.first().and_then(|row| row.get("total_count")?.as_u64()));
        offset += count;
        found.extend(page.into_iter().map(|row| (row::key(&row), row)));
        if count == 0 || total.is_some_and(|total| offset as u64 >= total) {
            return super::of_number(store, number, found.into_values().collect());
        }
    }
    Err(LinkFault::Malformed("a list without an end".into()))
}

/// Writes their pasts on orders of a list.
async fn with_pasts(line: &Line, store: Store, mut orders: Vec<Order>) -> Result<Vec<Order>, LinkFault> {
    let ids: Vec<_> = orders.iter().map(|order| order.id).collect();
    let mut pasts: BTreeMap<OrderId, Past> = ids.iter().map(|id| (*id, Past::default())).collect();
    for ids in ids.chunks(IDS_AT_ONCE) {
        for event in events(line, |offset| super::histories(store, ids, offset)).await? {
            if let Some(past) = pasts.get_mut(&event.order) {
                past.add(&event);
            }
        }
    }
    for order in &mut orders {
        pasts[&order.id].write_on(order);
    }
    Ok(orders)
}

/// The order's own stage times, where a function tells them of this very order.
async fn scanned_times(line: &Line, id: OrderId) -> Result<Option<Times>, LinkFault> {
    let Some(call) = super::scanned(id) else { return Ok(None) };
    super::scanned_read(id, &line.read(&call).await?)
}

/// Reads events to their end.
async fn events(line: &Line, page: impl Fn(usize) -> Table) -> Result<Vec<Event>, LinkFault> {
    let (mut read, mut offset) = (Vec::new(), 0);
    for _ in 0..EVENT_PAGES_MAX {
        let lines = rows(&line.read_table(&page(offset)).await?)?;
        read.extend(history::events(&lines)?);
        offset += lines.len();
        if lines.len() < SHORT_PAGE {
            return Ok(read);
        }
    }
    Err(LinkFault::Malformed("a history without an end".into()))
}

/// Whether the project takes intents.
pub async fn context(backend: &Backend) -> Result<Context, LinkFault> {
    backend.context_of(Contract::V2025_12, extensions::ask_context(&backend.line)).await
}

/// The account's name, empty where its row has none; none where it has no row.
async fn learn_own_name(backend: &Backend) -> Result<Option<Box<str>>, LinkFault> {
    let name = super::me_read(&backend.line.read(&super::me()).await?)?;
    if let Some(name) = &name {
        backend.chronicle().learn_own_name(name.clone());
    }
    Ok(name)
}

fn author(backend: &Backend) -> Author {
    let name = backend.chronicle().own_name().filter(|name| !name.is_empty()).map(Into::into);
    Author { name, station: backend.config.station.clone() }
}

/// Says of each order how many there are of its number, as far as the open ones tell: a label says `A of 2`.
fn count_siblings(listed: &mut [Listed]) {
    let mut counts: BTreeMap<u32, u8> = BTreeMap::new();
    for Listed { order, .. } in &*listed {
        let count = counts.entry(order.id.number).or_default();
        *count = count.saturating_add(1);
    }
    // A suffix tells of cakes that are no longer open.
    for suffix in
        listed.iter().filter_map(|row| row.order.id.suffix.map(|suffix| (row.order.id.number, suffix)))
    {
        let count = counts.entry(suffix.0).or_default();
        *count = (*count).max(suffix.1.place()).max(2);
    }
    for Listed { order, .. } in listed {
        order.siblings = counts[&order.id.number];
    }
}

/// One order, which the reply to a write is completed from.
fn one(backend: &Backend, order: Option<Order>) -> Found {
    order.map_or(Found::Nothing, |order| Found::One(backend.known().keep(order)))
}

/// For the on-call person.
const NO_STAFF_ROW: &str = "get_staff_me tells of no row of staff";

/// As long as an address may well be: 100 ids are 2,500 characters.
const IDS_AT_ONCE: usize = 100;

/// The reads that a refresh makes for what rows leave out; a queue of 300 is whole after half a minute.
const DETAILS_AT_ONCE: usize = 40;

/// Far below the 1,000 rows at which Supabase cuts a read: a page shorter than this was not cut, and is the last.
const SHORT_PAGE: usize = 100;

/// 500 at a time, more orders than hold any number of four digits.
const NUMBER_PAGES_MAX: usize = 100;

/// 2 million events: more than a project of this size makes in ten years.
const EVENT_PAGES_MAX: usize = 2000;
