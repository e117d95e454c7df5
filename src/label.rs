//! Order → layout → 1-bit bitmap.
