//! What `devices` says beside what it found.

/// Nothing that may be a gun.
pub const NO_SCANNERS: &str = "No scanner found: plug it in, set it to \"USB serial\" (its manual has the code to scan), and look again";

/// Before the guns.
pub const SCANNERS: &str = "Scanners, with the lines for station.toml:";

/// Before what types.
pub const TYPES: &str =
    "types like a keyboard: a gun, if you know it for one; its keys then reach nothing else";

/// Before printers on USB.
pub const PRINTERS: &str =
    "Printers on USB, with the lines for station.toml (their self-test page tells language and dpi):";

/// How a network printer is named: none of them can be found without asking every address of the network.
pub const NETWORK: &str =
    "A network printer is not searched for. Its self-test page has its address; the lines for station.toml:";

/// A printer that does not tell what it is.
pub const UNNAMED: &str = "a printer that does not tell its name";
