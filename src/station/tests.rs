//! The engine as a dialogue: what is told, what is ordered, what is said. Time jumps, nothing sleeps.

mod attention;
mod bench;
mod codes;
mod delivery;
mod desk;
mod details;
mod dialogue;
mod faults;
mod figures;
mod found;
mod held;
mod hints;
mod journal;
mod model;
mod outage;
mod recalled;
mod reprint;
mod sim;
mod sounds;
mod spool;
mod starts;
mod traces;
mod unread;
mod verify;
mod weak;
mod witness;
