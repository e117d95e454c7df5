//! The reference backend: this SQL on PostgreSQL behind a PostgREST and GoTrue surface.
