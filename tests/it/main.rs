//! Everything that needs more than one room: real PostgreSQL, real ptys, real sockets, a real window.

mod support;
