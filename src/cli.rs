//! Arguments → one call; the one place where errors become exit codes.
