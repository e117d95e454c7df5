//! The picture of the cake that shows, on whichever screen: one is held, or on its way.

use std::sync::Arc;

use iced::{Task, task};

use super::picture::{self, Picture};
use crate::order::{Order, PictureFault};

/// One picture and how far it has come.
#[derive(Debug, Default)]
pub struct Album {
    held: Option<(Arc<str>, Photo)>,
    fetching: Option<task::Handle>,
}

/// A picture, as far as it is here.
#[derive(Clone, Debug)]
pub enum Photo {
    /// On its way.
    Coming,
    /// Here.
    Here(Picture),
    /// It will not come.
    Lacks(PictureFault),
}

/// The picture at an address came, or did not.
#[derive(Clone, Debug)]
pub struct Fetched {
    address: Arc<str>,
    picture: Result<Picture, PictureFault>,
}

impl Album {
    /// Holds the picture of `cake` and no other; what is not held is fetched, once.
    pub fn show(&mut self, cake: Option<&Order>) -> Task<Fetched> {
        let address = cake.and_then(|cake| cake.picture.clone());
        if self.held.as_ref().map(|(held, _)| held) == address.as_ref() {
            return Task::none();
        }
        self.let_go();
        let Some(address) = address else { return Task::none() };
        self.held = Some((Arc::clone(&address), Photo::Coming));
        let fetch = picture::fetch(Arc::clone(&address));
        let fetched = Task::perform(fetch, move |picture| Fetched { address: Arc::clone(&address), picture });
        let (fetched, handle) = fetched.abortable();
        self.fetching = Some(handle);
        fetched
    }

    /// Takes what was fetched, if it is still wanted.
    pub fn take(&mut self, fetched: Fetched) {
        if let Some((_, photo)) = self.held.as_mut().filter(|(held, _)| *held == fetched.address) {
            *photo = fetched.picture.map_or_else(Photo::Lacks, Photo::Here);
        }
    }

    /// Asks again, the next time that it shows, for what did not come.
    pub fn forgive(&mut self) {
        if matches!(self.held, Some((_, Photo::Lacks(_)))) {
            self.let_go();
        }
    }

    /// The picture of `cake`; none when it has none.
    pub fn of(&self, cake: &Order) -> Option<&Photo> {
        let (held, photo) = self.held.as_ref()?;
        (Some(held) == cake.picture.as_ref()).then_some(photo)
    }

    fn let_go(&mut self) {
        self.held = None;
        if let Some(fetching) = self.fetching.take() {
            fetching.abort();
        }
    }
}

#[cfg(test)]
impl Fetched {
    /// As if the fetch of `address` had failed.
    pub fn lacking(address: &Arc<str>, fault: PictureFault) -> Self {
        Self { address: Arc::clone(address), picture: Err(fault) }
    }
}
