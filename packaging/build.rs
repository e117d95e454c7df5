//! Links the program with packed relative relocations (`DT_RELR`): 0.6 MB less of it. glibc loads them from 2.36 on, which is
//! Debian 12's; a linker that is older leaves them unpacked. A kiosk that aborts on a panic has no use for unwind tables
//! either, which are another 1.2 MB; the sandbox's WebAssembly runtime is left its own.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=packaging/build.rs");
    println!("cargo:rerun-if-changed=packaging/no-unwind.ld");
    let target = |key| env::var(key).unwrap_or_default();
    if target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        if target("PROFILE") == "release" && target("CARGO_FEATURE_SANDBOX").is_empty() {
            let script = format!("{}/packaging/no-unwind.ld", target("CARGO_MANIFEST_DIR"));
            println!("cargo:rustc-link-arg-bins=-Wl,-T,{script}");
        }
    }
}
