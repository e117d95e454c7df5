//! Printers: a worker each, languages (pure) and transports.
