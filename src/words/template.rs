//! What is wrong with a label's template, and what to do, for whoever writes one: parts as its file names them.

/// Its file cannot be understood.
pub fn unreadable(why: &str) -> (String, String) {
    let what = why.lines().next().unwrap_or_default();
    (format!("this cannot be understood: {what}"), "Mend that line; the README has every key".to_owned())
}

/// No printer has these dots.
pub fn resolution(dpi: u16, known: &[u16]) -> (String, String) {
    let known: Vec<String> = known.iter().map(u16::to_string).collect();
    (format!("no printer has {dpi} dots an inch"), format!("Take {} dpi", known.join(" or ")))
}

/// A length that no label has.
pub fn length(key: &str, value_mm: f32, least_mm: f32, most_mm: f32) -> (String, String) {
    (format!("{key} is {value_mm}"), format!("Give it {} to {} mm", mm(least_mm), mm(most_mm)))
}

/// A part or row that every label has is missing.
pub fn not_placed(what: &str) -> (String, String) {
    (format!("{what} has no place"), format!("Add {what}: every label has it"))
}

/// A row is there twice.
pub fn twice(what: &str) -> (String, String) {
    (format!("row {what} is there twice"), "Remove one of them".to_owned())
}

/// A part without sizes of text, or with rising ones.
pub fn no_text(what: &str) -> (String, String) {
    (
        format!("{what} has no sizes of text, or a larger one after a smaller"),
        "Give the sizes in millimetres from the largest down, such as text_mm = [4, 3]".to_owned(),
    )
}

/// A part is not all on the label.
pub fn outside(what: &str) -> (String, String) {
    let also = if what == "qr" { ", with the quiet zone of four modules around it" } else { "" };
    (
        format!("{what} is not all on the label{also}"),
        format!("Move {what} inwards, or make it or its text smaller"),
    )
}

/// Two parts are in the same place.
pub fn overlap(what: &str, other: &str) -> (String, String) {
    (
        format!("{what} and {other} would be printed over each other"),
        "Move them apart, or make one of them or its text smaller".to_owned(),
    )
}

/// A part is where a label that grows cannot have it.
pub fn below(what: &str) -> (String, String) {
    (
        format!("{what} is below the body, which grows over it"),
        format!("Put {what} above or beside the body: only code, customer, copy and foot move down with it"),
    )
}

/// A part is too narrow.
pub fn narrow(what: &str, width_mm: f32, needed_mm: f32) -> (String, String) {
    (
        format!("{what} has {} mm of width left and needs {}", mm(width_mm), mm(needed_mm)),
        format!("Make {what} wider, or what stands in its way smaller"),
    )
}

/// A part is too low.
pub fn low(what: &str, height_mm: f32, needed_mm: f32) -> (String, String) {
    (
        format!("{what} has {} mm of height and needs {}", mm(height_mm), mm(needed_mm)),
        format!("Make {what} higher, or what stands in its way smaller"),
    )
}

/// A part has no room for what must be on every label.
pub fn short(what: &str, text: &str) -> (String, String) {
    (
        format!("{what} has no room for “{text}”"),
        format!("Make {what} wider, or the last of its text_mm smaller, or what stands in its way"),
    )
}

/// The code of some cakes would not fit.
pub fn code_narrow(barcode: &str, width_mm: f32, needed_mm: f32) -> (String, String) {
    (
        format!(
            "code has {} mm of width, and {barcode} needs {} for a gun to read it",
            mm(width_mm),
            mm(needed_mm)
        ),
        "Make code wider, or take wider stock".to_owned(),
    )
}

/// Further labels have too little room.
pub fn further(height_mm: f32, needed_mm: f32) -> (String, String) {
    (
        format!(
            "a label for long notes has {} mm between number and foot and needs {}",
            mm(height_mm),
            mm(needed_mm)
        ),
        "Put number and due at the top and foot at the bottom, or make the last of further_mm smaller"
            .to_owned(),
    )
}

/// Millimetres to a tenth.
fn mm(length: f32) -> String {
    let tenths = (length * 10.0).round() / 10.0;
    tenths.to_string()
}
