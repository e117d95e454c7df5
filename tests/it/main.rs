//! Everything that needs more than one room: real PostgreSQL, real ptys, real sockets, a real window.
#![allow(clippy::unwrap_used, reason = "a helper of a test that cannot set up its part fails the test")]

mod backend;
mod backend_2025_12;
mod backend_life;
mod bad_input;
mod bad_project;
mod database;
mod demo;
mod details;
mod devices;
mod doctor;
mod expiry;
mod gateway;
mod headless;
mod ice;
mod jobs;
mod journal;
mod journal_command;
mod kills;
mod label;
mod label_command;
mod label_damage;
mod languages;
mod life;
mod oracle;
mod picture;
mod printer;
mod realtime;
mod rpc;
mod scanner;
mod secrets;
mod shots;
mod stand_in;
mod supervisor;
mod support;
mod window;
