//! `ordak-station`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ordak_station::cli::main()
}
