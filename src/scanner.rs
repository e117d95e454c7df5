//! Scanner guns: a worker each, framing (pure) and ports.
