//! What wakes the program beside time.

use std::hash::{Hash, Hasher};

use iced::Subscription;
use iced::futures::{Stream, stream};
use tokio::sync::watch;

use super::Message;
use crate::station::View;
use crate::ui::demo;

/// The station's views and, in the demo, what was printed.
pub(super) fn news(views: watch::Receiver<View>, labels: Option<&demo::Labels>) -> Subscription<Message> {
    let viewed =
        Subscription::run_with(Heir(views), |heir| changes(heir, |view| Message::Viewed(Box::new(view))));
    let printed = labels.map(|labels| Subscription::run_with(Heir(labels.clone()), printed));
    Subscription::batch(std::iter::once(viewed).chain(printed))
}

/// A receiver as the identity of the stream that comes of it: there is one of each kind a program.
struct Heir<T>(watch::Receiver<T>);

impl<T> Hash for Heir<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::any::type_name::<T>().hash(state);
    }
}

fn printed(heir: &Heir<std::collections::VecDeque<demo::Picture>>) -> impl Stream<Item = Message> + use<> {
    changes(heir, |labels| Message::Demo(demo::Message::Printed(labels)))
}

/// Each newest value, the first one too: it may have changed before the stream ran.
fn changes<T: Clone + Send + Sync + 'static>(
    heir: &Heir<T>,
    told: fn(T) -> Message,
) -> impl Stream<Item = Message> + use<T> {
    let mut source = heir.0.clone();
    source.mark_changed();
    stream::unfold(source, move |mut source| async move {
        source.changed().await.ok()?;
        let newest = source.borrow_and_update().clone();
        Some((told(newest), source))
    })
}
