use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::contract::row::{Key, key, order};
use super::known::Known;
use crate::order::Order;
use crate::station::LinkFault;

/// Reads a list that others change meanwhile, page by page. Pages overlap: a page that holds a row of the one before it has
/// missed nothing between them; otherwise rows moved by more than the overlap, and the reading starts again.
#[derive(Debug)]
pub struct Paging {
    page_rows: usize,
    offset: usize,
    overlap: usize,
    pages: usize,
    restarts: usize,
    /// Rows of the longest page so far.
    longest: usize,
    /// Pages as long as the longest, in a row, that brought nothing new.
    stale_pages: usize,
    last_page: HashSet<Key>,
    places: BTreeMap<Key, usize>,
    /// The rows read; none where a row could not be understood. A page's own text is let go with the page: 20,000 rows of it
    /// would take more memory than all else.
    rows: Vec<Option<Arc<Order>>>,
}

/// A row of a page.
#[derive(Clone, Debug)]
pub struct Row {
    key: Key,
    /// None where it could not be understood.
    order: Option<Order>,
}

impl Row {
    /// Reads one.
    #[allow(clippy::needless_pass_by_value, reason = "let go as it is read")]
    pub fn read(row: Value) -> Self {
        Self { key: key(&row), order: order(&row) }
    }
}

/// What to do after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask for the page at this offset.
    Ask(usize),
    /// All has been read.
    Finished,
}

impl Paging {
    /// A reading in pages of at most `page_rows`, from offset 0.
    pub fn new(page_rows: usize) -> Self {
        Self {
            page_rows,
            offset: 0,
            overlap: 0,
            pages: 0,
            restarts: 0,
            longest: 0,
            stale_pages: 0,
            last_page: HashSet::new(),
            places: BTreeMap::new(),
            rows: Vec::new(),
        }
    }

    /// Takes the page that was asked for. A page may be shorter than asked (the gateway cuts it): only one that holds nothing
    /// after the overlap is the last.
    pub fn take(&mut self, page: Vec<Row>, known: &mut Known) -> Result<Step, LinkFault> {
        self.pages += 1;
        if self.pages > PAGES_MAX {
            return Err(LinkFault::Malformed("a list without an end".into()));
        }
        let keys: HashSet<Key> = page.iter().map(|row| row.key.clone()).collect();
        if self.overlap > 0 && self.last_page.is_disjoint(&keys) {
            return self.restart();
        }
        let (count, rows_before) = (page.len(), self.rows.len());
        for Row { key, order } in page {
            let row = order.map(|order| known.keep(order));
            if let Some(&place) = self.places.get(&key) {
                self.rows[place] = row;
            } else {
                self.places.insert(key, self.rows.len());
                self.rows.push(row);
            }
        }
        let is_new = self.rows.len() > rows_before;
        if count == 0 || (count <= self.overlap && !is_new) {
            return Ok(Step::Finished);
        }
        self.longest = self.longest.max(count);
        self.stale_pages = if is_new || count < self.longest { 0 } else { self.stale_pages + 1 };
        if self.stale_pages > STALE_PAGES_MAX {
            return Err(LinkFault::Malformed("a list without an end".into()));
        }
        let end = self.offset + count;
        self.overlap = OVERLAP_ROWS.min(count / 2).min(self.page_rows / 2);
        self.offset = end - self.overlap;
        self.last_page = keys;
        Ok(Step::Ask(self.offset))
    }

    /// The orders read, each once, and how many rows could not be understood.
    pub fn orders(self) -> (Vec<Arc<Order>>, usize) {
        let count = self.rows.len();
        let orders: Vec<Arc<Order>> = self.rows.into_iter().flatten().collect();
        let unreadable = count - orders.len();
        (orders, unreadable)
    }

    fn restart(&mut self) -> Result<Step, LinkFault> {
        if self.restarts == RESTARTS_MAX {
            return Err(LinkFault::Malformed("the queue moves faster than it is read".into()));
        }
        let (pages, restarts) = (self.pages, self.restarts + 1);
        *self = Self { pages, restarts, ..Self::new(self.page_rows) };
        Ok(Step::Ask(0))
    }
}

/// So many cakes may leave the queue between two pages without a new start.
const OVERLAP_ROWS: usize = 20;
const RESTARTS_MAX: usize = 3;
/// Rows that come in ahead of the reading push it back, but not by whole pages: more is a server that knows no offsets.
const STALE_PAGES_MAX: usize = 3;
/// 40 times the 20,000 orders that a project is sized for, at 500 a page.
const PAGES_MAX: usize = 1600;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(number: usize) -> Row {
        Row::read(json!({ "id": format!("bannos-{number}"), "stage": "Filling" }))
    }

    /// Reads `list` through `between`, which may change it after each page, with a gateway that cuts pages at `cap`.
    fn read(
        mut list: Vec<Row>,
        page_rows: usize,
        cap: usize,
        mut between: impl FnMut(usize, &mut Vec<Row>),
    ) -> Result<Vec<String>, LinkFault> {
        let (mut paging, mut known) = (Paging::new(page_rows), Known::default());
        let mut offset = 0;
        for page in 0.. {
            let rows = list.iter().skip(offset).take(page_rows.min(cap)).cloned().collect();
            match paging.take(rows, &mut known)? {
                Step::Ask(next) => offset = next,
                Step::Finished => break,
            }
            between(page, &mut list);
        }
        Ok(paging.orders().0.iter().map(|order| order.id.to_string()).collect())
    }

    fn rows(count: usize) -> Vec<Row> {
        (1..=count).map(row).collect()
    }

    fn ids(list: &[Row]) -> Vec<String> {
        list.iter().map(|row| row.order.as_ref().unwrap().id.to_string()).collect()
    }

    #[test]
    fn a_quiet_list_of_any_length_is_read_whole_in_its_order() {
        for count in [0, 1, 2, 9, 10, 11, 19, 20, 21, 99, 100, 101, 1234] {
            for (page_rows, cap) in [(100, 1000), (100, 30), (100, 100), (3, 1000), (1, 1000), (100, 1)] {
                assert_eq!(
                    read(rows(count), page_rows, cap, |_, _| {}).unwrap(),
                    ids(&rows(count)),
                    "{count} {cap}"
                );
            }
        }
    }

    #[test]
    fn rows_that_leave_or_come_between_pages_hide_no_other() {
        let leave = |_: usize, list: &mut Vec<Row>| drop(list.drain(..7));
        let read_rows = read(rows(1000), 100, 1000, leave).unwrap();
        assert_eq!(read_rows, ids(&rows(1000)), "what left was read before it did");
        let mut number = 5000;
        let come = |page: usize, list: &mut Vec<Row>| {
            number += 1;
            if page < 50 {
                list.insert(0, row(number));
            }
        };
        let read_rows = read(rows(1000), 100, 1000, come).unwrap();
        assert!(ids(&rows(1000)).iter().all(|id| read_rows.contains(id)));
        assert_eq!(read_rows.iter().collect::<HashSet<_>>().len(), read_rows.len(), "no doubles");
    }

    #[test]
    fn a_great_move_starts_the_reading_again_and_again_but_not_for_ever() {
        let once = |page: usize, list: &mut Vec<Row>| {
            if page == 2 {
                list.drain(..150);
            }
        };
        assert_eq!(read(rows(1000), 100, 1000, once).unwrap(), ids(&rows(1000)[150..]));
        let always = |_: usize, list: &mut Vec<Row>| {
            list.rotate_left(300);
        };
        assert!(matches!(read(rows(1000), 100, 1000, always), Err(LinkFault::Malformed(_))));
    }

    #[test]
    fn a_server_that_knows_no_offsets_is_found_out() {
        let mut paging = Paging::new(10);
        let results: Vec<_> = (0..5).map(|_| paging.take(rows(10), &mut Known::default())).collect();
        assert!(results[..4].iter().all(Result::is_ok), "{results:?}");
        assert!(matches!(results[4], Err(LinkFault::Malformed(_))));
    }

    #[test]
    fn rows_that_cannot_be_read_are_counted_once() {
        let mut paging = Paging::new(10);
        let page = vec![row(1), Row::read(json!({"id": "x-1"})), Row::read(json!(7)), row(2)];
        assert_eq!(paging.take(page.clone(), &mut Known::default()), Ok(Step::Ask(2)));
        assert_eq!(paging.take(page[2..].to_vec(), &mut Known::default()), Ok(Step::Finished));
        let (orders, unreadable) = paging.orders();
        assert_eq!((orders.len(), unreadable), (2, 2));
    }
}
