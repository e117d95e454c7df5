//! The screens, on iced.
