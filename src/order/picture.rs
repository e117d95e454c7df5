/// Why the picture of a cake does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFault {
    /// What stands in its place is no address.
    NoAddress,
    /// What it names cannot be reached.
    Unreachable,
    /// It did not come in time.
    TimedOut,
    /// Something answers, but not with a picture there: its HTTP status.
    Refused(u16),
    /// It has more bytes or more dots than a kiosk takes.
    TooLarge,
    /// It is neither a PNG nor a JPEG, or is broken.
    Unreadable,
}
