//! The reading of a list whose ties come in any order on every page, while others move its rows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::backend::contract::row::{self, Key};
use crate::order::{Order, OrderId, Timestamp};
use crate::station::LinkFault;

/// Reads a list page by page until it holds as many different rows as the list is said to have. Where the pages did not bring
/// them all, ties fell between two of them: the list is read again in pages of another length. One of several pages is read until a
/// pass brings nothing new: a row that left as another came hides a third, and the length stays. Where the length moved, the list
/// is read anew.
#[derive(Debug)]
pub struct Pages {
    limit_max: usize,
    limit: usize,
    offset: usize,
    total: Option<usize>,
    /// Pages taken so far.
    taken: usize,
    /// Those of them before this reading began, anew or not.
    taken_before: usize,
    passes: usize,
    /// Whether this pass brought a row that none before had.
    is_news: bool,
    restarts: usize,
    keys: BTreeSet<Key>,
    rows: BTreeMap<OrderId, Listed>,
}

/// An order as a row of the queue tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The order, without its past and its details.
    pub order: Order,
    /// When its row changed last, as far as the project keeps that.
    pub updated_at: Option<Timestamp>,
}

/// A row of a page.
#[derive(Clone, Debug)]
pub struct Row {
    key: Key,
    /// How long the list is said to be.
    total: Option<usize>,
    /// None where it could not be understood.
    listed: Option<Listed>,
}

impl Row {
    /// Reads one.
    #[allow(clippy::needless_pass_by_value, reason = "let go as it is read")]
    pub fn read(row: Value) -> Self {
        let total = row.get("total_count").and_then(Value::as_u64);
        let updated_at = || row::time(&row, "updated_at").unwrap_or_default();
        Self {
            key: row::key(&row),
            total: total.and_then(|total| usize::try_from(total).ok()),
            listed: super::order(&row).map(|order| Listed { order, updated_at: updated_at() }),
        }
    }
}

/// What to do after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask for the page of this length at this offset.
    Ask {
        /// Rows at most.
        limit: usize,
        /// Rows before it.
        offset: usize,
    },
    /// All has been read.
    Finished,
}

impl Pages {
    /// A reading in pages of at most `limit` rows.
    pub fn new(limit: usize) -> Self {
        Self {
            limit_max: limit.max(1),
            limit: limit.max(1),
            offset: 0,
            total: None,
            taken: 0,
            taken_before: 0,
            passes: 0,
            is_news: false,
            restarts: 0,
            keys: BTreeSet::new(),
            rows: BTreeMap::new(),
        }
    }

    /// What to ask for now.
    pub fn ask(&self) -> Step {
        Step::Ask { limit: self.limit, offset: self.offset }
    }

    /// Takes the page that was asked for; it may be shorter than that.
    pub fn take(&mut self, page: Vec<Row>) -> Result<Step, LinkFault> {
        self.taken += 1;
        if self.taken > PAGES_MAX {
            return Err(LinkFault::Malformed("a list without an end".into()));
        }
        let Some(first) = page.first() else {
            return match self.total {
                // The rows that were still to come have left.
                Some(total) if self.offset < total => self.read_anew(),
                _ => self.pass_is_over(),
            };
        };
        let total =
            first.total.ok_or_else(|| LinkFault::Malformed("a list that does not tell its length".into()))?;
        if self.total.is_some_and(|before| before != total) {
            return self.read_anew();
        }
        self.total = Some(total);
        self.offset += page.len();
        for Row { key, listed, .. } in page {
            self.is_news |= self.keys.insert(key);
            self.rows.extend(listed.map(|listed| (listed.order.id, listed)));
        }
        if self.offset < total { Ok(self.ask()) } else { self.pass_is_over() }
    }

    /// The rows read, each once, and how many could not be understood.
    pub fn rows(self) -> (impl Iterator<Item = Listed>, usize) {
        let unreadable = self.keys.len() - self.rows.len();
        (self.rows.into_values(), unreadable)
    }

    /// Whether all rows were seen.
    fn pass_is_over(&mut self) -> Result<Step, LinkFault> {
        let total = self.total.unwrap_or(0);
        if self.keys.len() > total {
            return self.read_anew();
        }
        let is_one_page = self.passes == 0 && self.taken <= self.taken_before + 1;
        if self.keys.len() == total && (is_one_page || !self.is_news) {
            return Ok(Step::Finished);
        }
        self.passes += 1;
        if self.passes > PASSES_MAX {
            return Err(LinkFault::Malformed("a list that hides some of its rows".into()));
        }
        self.offset = 0;
        self.is_news = false;
        // Other page ends cut other ties.
        let shorter = self.limit_max.div_ceil(24) * (self.passes % 8);
        self.limit = self.limit_max.saturating_sub(shorter).max(1);
        Ok(self.ask())
    }

    fn read_anew(&mut self) -> Result<Step, LinkFault> {
        if self.restarts == RESTARTS_MAX {
            return Err(LinkFault::Malformed("the queue moves faster than it is read".into()));
        }
        let (taken, restarts) = (self.taken, self.restarts + 1);
        *self = Self { taken, taken_before: taken, restarts, ..Self::new(self.limit_max) };
        Ok(self.ask())
    }
}

/// A pass finds half of what the one before it missed, or more: so many find each of a million rows.
const PASSES_MAX: usize = 20;
const RESTARTS_MAX: usize = 5;
/// 40 times the 20,000 orders that a project is sized for, at 500 a page.
const PAGES_MAX: usize = 1600;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(count: usize) -> Vec<String> {
        (1..=count).map(|number| format!("bannos-{number}")).collect()
    }

    /// Reads `list` through `between`, which may change it before each page, with a gateway that cuts pages at `cap`.
    fn read(
        mut list: Vec<String>,
        limit: usize,
        cap: usize,
        mut between: impl FnMut(usize, &mut Vec<String>),
    ) -> Result<Vec<String>, LinkFault> {
        let mut pages = Pages::new(limit);
        let mut step = pages.ask();
        for nth in 0.. {
            let Step::Ask { limit, offset } = step else { break };
            between(nth, &mut list);
            let total = list.len();
            let row = |id: &String| Row::read(json!({ "id": id, "stage": "Filling", "total_count": total }));
            step = pages.take(list.iter().skip(offset).take(limit.min(cap)).map(row).collect())?;
        }
        Ok(pages.rows().0.map(|row| row.order.id.to_string()).collect())
    }

    fn sorted(mut ids: Vec<String>) -> Vec<String> {
        ids.sort_by_key(|id| id.parse::<OrderId>().unwrap());
        ids
    }

    #[test]
    fn a_quiet_list_of_any_length_is_read_whole() {
        for count in [0, 1, 99, 100, 101, 200, 1234] {
            for (limit, cap) in [(100, 1000), (100, 30), (1000, 1000), (7, 7), (30, 1000)] {
                assert_eq!(
                    read(list(count), limit, cap, |_, _| {}).unwrap(),
                    list(count),
                    "{count} {limit} {cap}"
                );
            }
        }
    }

    #[test]
    fn ties_that_come_anew_on_every_page_hide_no_row() {
        // xorshift64: any seed but 0 serves.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let shuffle = move |_: usize, list: &mut Vec<String>| {
            // Rows in runs of 40 have equal keys: within a run, any order.
            for run in list.chunks_mut(40) {
                for at in (1..run.len()).rev() {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    run.swap(at, (state % (at as u64 + 1)) as usize);
                }
            }
        };
        for (count, limit) in [(1000, 90), (3000, 500), (2345, 1000), (300, 41)] {
            // The runs are the list's own; a swap within one changes no run.
            assert_eq!(sorted(read(list(count), limit, 1000, shuffle).unwrap()), list(count));
        }
    }

    #[test]
    fn a_row_between_two_pages_is_found_by_other_page_ends() {
        // What a database does whose sort is not stable: the page's own length decides where a tie comes to stand.
        let mut pages = Pages::new(10);
        let row = |number: usize| {
            Row::read(json!({ "id": format!("bannos-{number}"), "stage": "Filling", "total_count": 20 }))
        };
        let first: Vec<_> = (1..=10).map(row).collect();
        let second: Vec<_> = (10..=19).map(row).collect();
        assert_eq!(pages.take(first), Ok(Step::Ask { limit: 10, offset: 10 }));
        assert_eq!(pages.take(second), Ok(Step::Ask { limit: 9, offset: 0 }), "20 are said, 19 were seen");
        let all: Vec<_> = (1..=20).map(row).collect();
        assert_eq!(pages.take(all[..9].to_vec()), Ok(Step::Ask { limit: 9, offset: 9 }));
        assert_eq!(pages.take(all[9..18].to_vec()), Ok(Step::Ask { limit: 9, offset: 18 }));
        assert_eq!(
            pages.take(all[18..].to_vec()),
            Ok(Step::Ask { limit: 8, offset: 0 }),
            "the last one was new"
        );
        for page in [&all[..8], &all[8..16]] {
            assert!(matches!(pages.take(page.to_vec()), Ok(Step::Ask { limit: 8, .. })));
        }
        assert_eq!(pages.take(all[16..].to_vec()), Ok(Step::Finished));
        assert_eq!(pages.rows().0.count(), 20);
    }

    #[test]
    fn a_list_that_moves_is_read_anew_and_not_for_ever() {
        let once = |nth: usize, list: &mut Vec<String>| {
            if nth == 3 {
                list.remove(0);
            }
        };
        assert_eq!(read(list(1000), 100, 1000, once).unwrap(), list(1000)[1..]);
        let come = |nth: usize, list: &mut Vec<String>| {
            if nth == 3 {
                list.insert(0, "bannos-9999".into());
            }
        };
        assert_eq!(read(list(1000), 100, 1000, come).unwrap().len(), 1001);
        let left = |nth: usize, list: &mut Vec<String>| {
            if nth == 9 {
                list.truncate(900);
            }
        };
        assert_eq!(read(list(1000), 100, 1000, left).unwrap(), list(900), "the last page is empty now");
        let always = |_: usize, list: &mut Vec<String>| drop(list.pop());
        assert!(matches!(read(list(1000), 100, 1000, always), Err(LinkFault::Malformed(_))));
    }

    #[test]
    fn one_that_comes_as_another_goes_is_noticed_by_too_many_rows() {
        let mut is_swapped = false;
        let swap = |nth: usize, list: &mut Vec<String>| {
            if nth == 1 && !is_swapped {
                is_swapped = true;
                list.remove(0);
                list.push("bannos-9999".into());
            }
        };
        let read = read(list(300), 100, 1000, swap).unwrap();
        assert!(read.contains(&"bannos-9999".to_owned()) && !read.contains(&"bannos-1".to_owned()));
        assert_eq!(read.len(), 300);
    }

    #[test]
    fn a_list_that_never_shows_a_row_or_its_length_is_a_fault() {
        let mut pages = Pages::new(2);
        let page = || vec![Row::read(json!({ "id": "bannos-1", "stage": "Filling", "total_count": 2 }))];
        let mut taken = Ok(pages.ask());
        for _ in 0..100 {
            taken = pages.take(page());
            if taken.is_err() {
                break;
            }
        }
        assert!(matches!(taken, Err(LinkFault::Malformed(_))), "{taken:?}");
        let silent = vec![Row::read(json!({ "id": "bannos-1", "stage": "Filling" }))];
        assert!(matches!(Pages::new(2).take(silent), Err(LinkFault::Malformed(_))));
    }

    #[test]
    fn rows_that_cannot_be_read_are_counted_once() {
        let mut pages = Pages::new(10);
        let rows = [
            json!({ "id": "bannos-1", "stage": "Filling", "total_count": 3 }),
            json!({ "id": "bannos-4294967296", "stage": "Filling", "total_count": 3 }),
            json!({ "id": "bannos-2", "stage": "Baking", "total_count": 3 }),
        ];
        assert_eq!(pages.take(rows.map(Row::read).into()), Ok(Step::Finished));
        let (orders, unreadable) = pages.rows();
        assert_eq!((orders.count(), unreadable), (1, 2));
    }
}
