use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Action, Order, StaffId};

/// What a person sets on a cake beside its stages, in whatever stage it is, finished and cancelled ones too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Who it is assigned to; none is nobody.
    Assignee(Option<Staff>),
    /// Where it is kept; none is nowhere.
    Storage(Option<Arc<str>>),
}

impl Detail {
    /// The action that sets it.
    pub fn action(&self) -> Action {
        match self {
            Self::Assignee(_) => Action::Assign,
            Self::Storage(_) => Action::SetStorage,
        }
    }
}

/// Someone a cake can be assigned to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// Their row.
    pub id: StaffId,
    /// As colleagues say it: on the screen and in the journal, never in a log.
    pub name: Arc<str>,
}

impl fmt::Debug for Staff {
    /// Without the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Staff({})", self.id)
    }
}

/// Who has a cake and where it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// By name; none is nobody.
    pub assignee: Option<Arc<str>>,
    /// The place; none is nowhere.
    pub storage: Option<Arc<str>>,
}

impl Details {
    /// Those of an order.
    pub fn of(order: &Order) -> Self {
        Self { assignee: order.assignee.clone(), storage: order.storage.clone() }
    }

    /// Takes one in.
    pub fn take(&mut self, detail: &Detail) {
        match detail {
            Detail::Assignee(staff) => self.assignee = staff.as_ref().map(|staff| staff.name.clone()),
            Detail::Storage(place) => self.storage.clone_from(place),
        }
    }

    /// The order with these; the same one where it has them.
    pub fn on(self, order: &Arc<Order>) -> Arc<Order> {
        if Self::of(order) == self {
            return order.clone();
        }
        let Self { assignee, storage } = self;
        Arc::new(Order { assignee, storage, ..Order::clone(order) })
    }
}
