use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};

use crate::order::{Order, OrderId};

/// What earlier reads brought and the station still holds. A queue of 20,000 is read again and again and hardly changes:
/// an order that reads the same stays the one it is, and texts that many orders share are kept once.
#[derive(Debug, Default)]
pub struct Known {
    orders: HashMap<OrderId, Weak<Order>>,
    texts: HashSet<Arc<str>>,
}

impl Known {
    /// The order as the station holds it, if it reads the same; else this one.
    pub fn keep(&mut self, mut order: Order) -> Arc<Order> {
        if let Some(held) = self.orders.get(&order.id).and_then(Weak::upgrade)
            && *held == order
        {
            return held;
        }
        let Order { product, size, flavour, assignee, storage, picture, .. } = &mut order;
        for text in
            [product, size, flavour].into_iter().chain([assignee, storage, picture].into_iter().flatten())
        {
            match self.texts.get(text) {
                Some(held) => *text = Arc::clone(held),
                None => drop(self.texts.insert(Arc::clone(text))),
            }
        }
        let order = Arc::new(order);
        self.orders.insert(order.id, Arc::downgrade(&order));
        order
    }

    /// The order as the station holds it, if it does.
    pub fn held(&self, id: OrderId) -> Option<Arc<Order>> {
        self.orders.get(&id).and_then(Weak::upgrade)
    }

    /// Forgets what the station has let go of.
    pub fn tidy(&mut self) {
        self.orders.retain(|_, order| order.strong_count() > 0);
        self.texts.retain(|text| Arc::strong_count(text) > 1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::contract::row::order;
    use super::*;

    fn read(number: u32, product: &str) -> Order {
        let row = json!({ "id": format!("bannos-{number}"), "stage": "Filling", "product_title": product });
        order(&row).unwrap()
    }

    #[test]
    fn an_order_that_reads_the_same_is_the_one_that_is_held() {
        let mut known = Known::default();
        let first = known.keep(read(1, "Cake"));
        assert!(Arc::ptr_eq(&first, &known.keep(read(1, "Cake"))));
        let changed = known.keep(read(1, "Tart"));
        assert_eq!(&*changed.product, "Tart");
        assert!(Arc::ptr_eq(&changed, &known.keep(read(1, "Tart"))));
    }

    #[test]
    fn what_many_orders_share_is_kept_once_and_let_go_with_the_last() {
        let mut known = Known::default();
        let (one, two) = (known.keep(read(1, "Cake")), known.keep(read(2, "Cake")));
        assert!(Arc::ptr_eq(&one.product, &two.product));
        drop((one, two));
        known.tidy();
        assert_eq!((known.orders.len(), known.texts.len()), (0, 0));
    }
}
