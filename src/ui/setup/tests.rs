//! The steps, touched, typed and scanned at without a display.
