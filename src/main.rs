//! `ordak-station`: see the library.

use std::process::ExitCode;

/// One heap for all threads: glibc's keeps an arena for each, and what a read of 20,000 orders takes for a moment stays
/// with the one that read it.
#[global_allocator]
static HEAP: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    ordak_station::cli::main()
}
