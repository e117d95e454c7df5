use std::sync::Arc;

/// What a shop has that is scanned by a code of its own, each none where the backend does not tell.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Coded {
    /// Where cakes are kept, in the shop's order.
    pub places: Option<Vec<Arc<str>>>,
    /// Why a cake may go back to Decorating, in the shop's order.
    pub reasons: Option<Vec<Arc<str>>>,
    /// The badges of who works there, no Admin's among them.
    pub badges: Option<Vec<Badge>>,
}

/// Who wears which badge: on the sheet, never in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Badge {
    /// As colleagues say it.
    pub name: Arc<str>,
    /// What stands behind `%STAFF:`.
    pub badge: Arc<str>,
}
