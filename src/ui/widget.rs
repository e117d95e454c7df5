//! Widgets: free functions without state of their own, and the few that iced lacks.

pub mod bar;
pub mod cake;
pub mod chip;
pub mod fitted;
pub mod header;
pub mod icon;
pub mod keys;
pub mod press;
pub mod queue;
pub mod root;
pub mod script;
pub mod verdict;
pub mod which;
