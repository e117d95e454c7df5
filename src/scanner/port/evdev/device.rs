//! The input devices of Linux.

#[cfg(target_os = "linux")]
pub(super) use linux::open;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::OpenOptions;
    use std::io;
    use std::os::unix::fs::OpenOptionsExt;
    use std::path::Path;
    use std::time::{Duration, UNIX_EPOCH};

    use evdev::raw_stream::{EventStream, RawDevice};
    use tokio::runtime::{Builder, Runtime};
    use tokio::time::timeout;

    use crate::scanner::port::evdev::Device;
    use crate::scanner::port::evdev::Event;

    /// Opens a device for reading, which is all that grabbing needs.
    pub fn open(path: &Path) -> io::Result<Box<dyn Device>> {
        let file =
            OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
        let device = RawDevice::from_fd(file.into()).map_err(|error| match error.raw_os_error() {
            Some(libc::ENOTTY | libc::EINVAL) => io::Error::other("it is no input device"),
            _ => error,
        })?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let events = {
            let _entered = runtime.enter();
            device.into_event_stream()?
        };
        Ok(Box::new(Input { events, runtime }))
    }

    struct Input {
        // Before the runtime that it is registered with.
        events: EventStream,
        runtime: Runtime,
    }

    impl Device for Input {
        fn event(&mut self, within: Duration) -> io::Result<Option<Event>> {
            let next = async { timeout(within, self.events.next_event()).await };
            let Ok(event) = self.runtime.block_on(next) else { return Ok(None) };
            let event = event?;
            Ok(Some(Event {
                at: event.timestamp().duration_since(UNIX_EPOCH).unwrap_or_default(),
                kind: event.event_type().0,
                code: event.code(),
                value: event.value(),
            }))
        }

        fn is_held(&self) -> io::Result<bool> {
            Ok(self.events.device().get_key_state()?.iter().next().is_some())
        }

        fn grab(&mut self) -> io::Result<()> {
            self.events.device_mut().grab()
        }
    }
}

/// There are none elsewhere, and the configuration says so before.
#[cfg(not(target_os = "linux"))]
pub(super) fn open(_: &std::path::Path) -> std::io::Result<Box<dyn super::Device>> {
    Err(std::io::ErrorKind::Unsupported.into())
}
