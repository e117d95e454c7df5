//! How much there is to do: counted when a list has changed, not when a picture is drawn.

use std::sync::Arc;

use crate::order::{Date, Order, Stage, Store};
use crate::station::QueueView;

/// The counts of the queue.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Due today, in this station's stage.
    pub due_today: usize,
    /// Whose day is over, in this station's stage.
    pub overdue: usize,
    /// The place of the first that is due today or later, in this station's queue.
    pub today_at: usize,
    /// Cakes that nobody has, by store and by stage of [`Stage::WORKED`].
    unassigned: [[usize; Stage::WORKED.len()]; Store::ALL.len()],
    counted: Option<(Date, QueueView)>,
}

impl Tally {
    /// Whether it was counted over these very lists.
    pub fn is_of(&self, queue: &QueueView) -> bool {
        let is_same = |(_, counted): &(Date, QueueView)| {
            counted.stages.iter().zip(&queue.stages).all(|(one, other)| Arc::ptr_eq(one, other))
        };
        self.counted.as_ref().is_some_and(is_same)
    }

    /// Counts what changed since the last time.
    pub fn count(&mut self, queue: &QueueView, today: Date) {
        let before = self.counted.take();
        let is_same = |one: &Arc<[Arc<Order>]>, other: &Arc<[Arc<Order>]>| Arc::ptr_eq(one, other);
        if !before.as_ref().is_some_and(|(day, before)| *day == today && is_same(&before.rows, &queue.rows)) {
            self.count_due(&queue.rows, today);
        }
        for (at, rows) in queue.stages.iter().enumerate() {
            if before.as_ref().is_some_and(|(_, before)| is_same(&before.stages[at], rows)) {
                continue;
            }
            for count in &mut self.unassigned {
                count[at] = 0;
            }
            for order in rows.iter().filter(|order| order.assignee.is_none()) {
                self.unassigned[order.id.store as usize][at] += 1;
            }
        }
        self.counted = Some((today, queue.clone()));
    }

    /// Cakes of `store` in the stage at `place` of [`Stage::WORKED`] that nobody has.
    pub fn unassigned(&self, store: Store, place: usize) -> usize {
        self.unassigned[store as usize].get(place).copied().unwrap_or(0)
    }

    /// All cakes that nobody has.
    pub fn unassigned_all(&self) -> usize {
        self.unassigned.iter().flatten().sum()
    }

    fn count_due(&mut self, rows: &[Arc<Order>], today: Date) {
        (self.due_today, self.overdue) = (0, 0);
        for days in rows.iter().filter_map(|row| Some(row.due?.days_since(today))) {
            self.due_today += usize::from(days == 0);
            self.overdue += usize::from(days < 0);
        }
        self.today_at = first_due(rows, today);
    }
}

/// The place of the first of `rows` that is due on `today`, or of the first after it.
pub fn first_due(rows: &[Arc<Order>], today: Date) -> usize {
    let exact = rows.iter().position(|row| row.due == Some(today));
    let later = || rows.iter().position(|row| row.due.is_none_or(|due| due > today));
    exact.or_else(later).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::preset;

    #[test]
    fn the_counts_follow_the_queue_and_the_day() {
        let today = Date::new(2026, 11, 23).unwrap();
        let mut queue = preset::view("ready").unwrap().queue;
        let mut tally = Tally::default();
        tally.count(&queue, today);
        assert_eq!((tally.due_today, tally.overdue, tally.today_at), (6, 1, 1));
        let nobodys =
            |tally: &Tally| Store::ALL.map(|store| (0..4).map(|at| tally.unassigned(store, at)).sum());
        let before: [usize; 2] = nobodys(&tally);
        assert_eq!(tally.unassigned_all(), before.iter().sum::<usize>());
        queue.stages[3] = Arc::new([]);
        tally.count(&queue, today.plus_days(1));
        assert_eq!((tally.due_today, tally.overdue), (2, 7));
        assert_eq!(tally.unassigned_all() + 2, before.iter().sum::<usize>());
    }
}
