//! The command sheet: codes that a gun reads off a wall, on A4, each with what it does in large letters beside it.
//!
//! One code a row, and rows so far apart that the bars of two codes keep `APART_MM` from each other, edge to edge, down
//! the page and across it: whatever way a gun sweeps, it has one code before it. Each group has pages of its own, so
//! that it can hang where it is needed, and no heading stands alone.

use std::collections::BTreeSet;

use super::bitmap::{Area, Bitmap, Ink, NotEncoded};
use super::clean::clean;
use super::template::leading;
use super::text::{CAP_HEIGHT_EM, Line, Typesetter, Weight};
use super::{code128, pdf};

/// What a sheet has on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// In the order of the pages; one without entries has no page.
    pub groups: Vec<Group>,
    /// What stands at the foot of every page, beside its number.
    pub foot: String,
}

/// Codes of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What stands above them.
    pub heading: String,
    /// Them.
    pub entries: Vec<Entry>,
}

/// One code and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What a gun reads; none where the words say why there is nothing to read.
    pub code: Option<Code>,
    /// What it is, in a word or two: the largest letters.
    pub title: String,
    /// What it does.
    pub line: String,
}

/// A text that Code 128 can carry on the width of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(String);

/// Why a text has no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It has letters that Code 128 has not.
    Letters,
    /// It is wider than a page.
    Long,
}

impl Code {
    /// A code of `text`, unless it cannot be read off a page.
    pub fn new(text: &str) -> Result<Self, Unfit> {
        match code128::modules(text).cast_signed() {
            0 => Err(Unfit::Letters),
            modules if modules * MODULE_DOTS[MODULE_DOTS.len() - 1] > WIDTH_DOTS => Err(Unfit::Long),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// Dots a module, and whether there is room for words beside it.
    fn module_dots(&self) -> (i32, bool) {
        let modules = code128::modules(&self.0).cast_signed();
        let within = |width: i32| MODULE_DOTS.into_iter().find(|dots| modules * dots <= width);
        let beside = within(WIDTH_DOTS - dots(GAP_MM + WORDS_MIN_MM)).map(|dots| (dots, true));
        let found = beside.or_else(|| within(WIDTH_DOTS).map(|dots| (dots, false)));
        found.expect("a code that is wider than a page is none")
    }

    /// With its quiet zones.
    fn width_dots(&self) -> i32 {
        code128::modules(&self.0).cast_signed() * self.module_dots().0
    }
}

/// A sheet as it is to be printed, in its real size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The pages.
    pub pages: Vec<Bitmap>,
    /// Characters that no bundled font has; each is drawn as a box.
    pub missing: BTreeSet<char>,
    /// Texts that are not all on it.
    pub cuts: Vec<String>,
}

impl Drawn {
    /// All pages in one file.
    pub fn to_pdf(&self) -> Vec<u8> {
        pdf::of(&self.pages, DPI)
    }

    /// A file a page.
    pub fn to_pngs(&self) -> Result<Vec<Vec<u8>>, NotEncoded> {
        self.pages.iter().map(|page| page.to_png_of(DPI)).collect()
    }
}

impl Sheet {
    /// Draws it. What could not be drawn as it stands is told beside the pages.
    pub fn draw(&self) -> Drawn {
        let pages: usize = self.groups.iter().map(|group| group.entries.len().div_ceil(ROWS)).sum();
        let mut drawn =
            Drawn { pages: Vec::with_capacity(pages), missing: BTreeSet::new(), cuts: Vec::new() };
        let mut typesetter = Typesetter::new();
        for group in &self.groups {
            let of_group = group.entries.len().div_ceil(ROWS);
            let beside = group.entries.iter().filter_map(|entry| entry.code.as_ref());
            let widths = beside.filter(|code| code.module_dots().1).map(Code::width_dots);
            // All of a group's words begin in one column.
            let column = widths.max().map_or(LEFT_DOTS, |width| LEFT_DOTS + width + dots(GAP_MM));
            for (nth, entries) in (1..).zip(group.entries.chunks(ROWS)) {
                let bitmap = Bitmap::white(PAGE_DOTS.0, PAGE_DOTS.1);
                let mut page = Page { typesetter: &mut typesetter, bitmap, cuts: &mut drawn.cuts };
                page.head(&group.heading, (nth, of_group));
                for (entry, row) in entries.iter().zip(0..) {
                    page.row(entry, dots(TOP_MM) + row * dots(PITCH_MM), column);
                }
                page.foot(&self.foot, (drawn.pages.len() + 1, pages));
                drawn.pages.push(page.bitmap);
            }
        }
        drawn.missing = typesetter.take_missing();
        drawn
    }
}

struct Page<'a> {
    typesetter: &'a mut Typesetter,
    bitmap: Bitmap,
    cuts: &'a mut Vec<String>,
}

impl Page<'_> {
    fn head(&mut self, heading: &str, (nth, of): (usize, usize)) {
        let room = Area { x: LEFT_DOTS, y: dots(HEAD_MM), width: WIDTH_DOTS, height: 0 };
        if of > 1 {
            self.right(&format!("{nth}/{of}"), HEAD_SIZES_MM[0], room);
        }
        let room = Area { width: WIDTH_DOTS - dots(PAGE_NUMBER_MM), ..room };
        self.line(heading, Weight::ExtraBold, &HEAD_SIZES_MM, room);
        let rule = Area { y: dots(HEAD_MM + RULE_MM), width: WIDTH_DOTS, height: dots(THICK_MM), ..room };
        self.bitmap.fill(rule, Ink::Black);
    }

    fn foot(&mut self, text: &str, (nth, of): (usize, usize)) {
        let room = Area { x: LEFT_DOTS, y: dots(FOOT_MM), width: WIDTH_DOTS, height: 0 };
        self.right(&format!("{nth}/{of}"), FOOT_SIZES_MM[0], room);
        let room = Area { width: WIDTH_DOTS - dots(PAGE_NUMBER_MM), ..room };
        self.line(text, Weight::Medium, &FOOT_SIZES_MM, room);
    }

    /// Draws a code with its upper edge at `top` and its words at `column`, or below it where there is no room there.
    fn row(&mut self, entry: &Entry, top: i32, column: i32) {
        let mut words = Area { x: column, y: top, width: RIGHT_DOTS - column, height: dots(ROW_MM) };
        if let Some(code) = &entry.code {
            let is_beside = self.code(code, top);
            if !is_beside {
                let down = dots(BAR_MM + CODE_TEXT_MM + BELOW_MM);
                words = Area { x: LEFT_DOTS, y: top + down, width: WIDTH_DOTS, height: words.height - down };
            }
        }
        self.words(entry, words);
    }

    /// Draws a code and under it what it says; whether there is room for words beside it.
    fn code(&mut self, code: &Code, top: i32) -> bool {
        let (module, is_beside) = code.module_dots();
        let left = LEFT_DOTS + code128::QUIET_MODULES.cast_signed() * module;
        let mut x = left;
        for (at, modules) in code128::widths(&code.0).unwrap_or_default().into_iter().enumerate() {
            let width = i32::from(modules) * module;
            if at % 2 == 0 {
                self.bitmap.fill(Area { x, y: top, width, height: dots(BAR_MM) }, Ink::Black);
            }
            x += width;
        }
        let room = Area { x: left, y: top + dots(BAR_MM + CODE_TEXT_MM), width: x - left, height: 0 };
        self.line(&code.0, Weight::Medium, &CODE_SIZES_MM, room);
        is_beside
    }

    /// Draws title and line below each other: the title in the largest size that leaves the line one that can be read
    /// from afar.
    fn words(&mut self, entry: &Entry, room: Area) {
        let (title, line) = (clean(&entry.title), clean(&entry.line));
        let rest = |title: &Set| {
            let used = title.height_dots() + dots(BETWEEN_MM);
            Area { y: room.y + used, height: room.height - used, ..room }
        };
        for size_mm in TITLE_SIZES_MM {
            let title = self.set(&title, Weight::ExtraBold, &[size_mm], room);
            let line = self.set(&line, Weight::Medium, &LINE_SIZES_MM[..LINE_SIZES_FAR], rest(&title));
            if title.is_whole && line.is_whole {
                self.draw(&title, room);
                return self.draw(&line, rest(&title));
            }
        }
        let least = &TITLE_SIZES_MM[TITLE_SIZES_MM.len() - 1..];
        let share = Area { height: (room.height as f32 * TITLE_SHARE) as i32, ..room };
        let title = self.set(&title, Weight::ExtraBold, least, share);
        let line = self.set(&line, Weight::Medium, &LINE_SIZES_MM, rest(&title));
        self.draw(&title, room);
        self.draw(&line, rest(&title));
    }

    /// Sets text in the largest of the sizes with which all of it fits in `room`, no word torn; else in the last.
    fn set(&mut self, text: &str, weight: Weight, sizes_mm: &[f32], room: Area) -> Set {
        let mut set =
            Set { text: text.to_owned(), size: 0.0, lines: Vec::new(), is_cut: false, is_whole: false };
        for size in sizes_mm.iter().map(|size| size * DOTS_PER_MM) {
            let lines_max = usize::try_from(room.height / leading(size)).unwrap_or(0).max(1);
            let paragraph = self.typesetter.paragraph(text, weight, size, lines_max, |_| room.width);
            let mut words = text.split(' ');
            let is_torn =
                words.any(|word| self.typesetter.shape(word, weight).width(size) > room.width as f32);
            let is_high = leading(size) > room.height;
            let is_cut = paragraph.is_cut;
            set = Set {
                size,
                lines: paragraph.lines,
                is_cut,
                is_whole: !is_cut && !is_torn && !is_high,
                ..set
            };
            if set.is_whole {
                break;
            }
        }
        set
    }

    fn draw(&mut self, set: &Set, room: Area) {
        if set.is_cut {
            self.cuts.push(set.text.clone());
        }
        let mut baseline = room.y + (set.size * CAP_HEIGHT_EM).round() as i32;
        for line in &set.lines {
            self.typesetter.draw(&mut self.bitmap, line, set.size, (room.x, baseline), Ink::Black);
            baseline += leading(set.size);
        }
    }

    /// Draws one line with its feet at the top of `room`, in the largest size that fits, else cut.
    fn line(&mut self, text: &str, weight: Weight, sizes_mm: &[f32], room: Area) {
        let text = clean(text);
        let sizes: Vec<f32> = sizes_mm.iter().map(|size| size * DOTS_PER_MM).collect();
        let fitted = self.typesetter.fit(&text, weight, &sizes, room.width);
        self.typesetter.draw(&mut self.bitmap, &fitted.line, fitted.size_dots, (room.x, room.y), Ink::Black);
        if fitted.is_cut {
            self.cuts.push(text);
        }
    }

    fn right(&mut self, text: &str, size_mm: f32, room: Area) {
        let (line, size) = (self.typesetter.shape(text, Weight::SemiBold), size_mm * DOTS_PER_MM);
        let x = room.right() - line.width(size).ceil() as i32;
        self.typesetter.draw(&mut self.bitmap, &line, size, (x, room.y), Ink::Black);
    }
}

/// Text in lines of one size.
struct Set {
    text: String,
    size: f32,
    lines: Vec<Line>,
    is_cut: bool,
    /// All of it is there, no word torn.
    is_whole: bool,
}

impl Set {
    fn height_dots(&self) -> i32 {
        leading(self.size) * i32::try_from(self.lines.len()).expect("a row has room for few lines")
    }
}

/// Dots of a length, at least as many.
const fn dots(length_mm: f32) -> i32 {
    let whole = (length_mm * DOTS_PER_MM) as i32;
    if (whole as f32) < length_mm * DOTS_PER_MM { whole + 1 } else { whole }
}

/// What office printers have, and a multiple of.
const DPI: f32 = 300.0;
const DOTS_PER_MM: f32 = DPI / 25.4;

/// A4, upright.
const PAGE_DOTS: (u32, u32) = (2480, 3508);

/// As much is left white on every side that any printer reaches the rest.
const LEFT_MM: f32 = 12.0;
const LEFT_DOTS: i32 = dots(LEFT_MM);
const RIGHT_DOTS: i32 = PAGE_DOTS.0.cast_signed() - LEFT_DOTS;
const WIDTH_DOTS: i32 = RIGHT_DOTS - LEFT_DOTS;

/// `workflow.md` 3: no bar of another code is nearer than this.
const APART_MM: f32 = 40.0;
/// So that as much is left on a sheet that was printed to fit, some percent smaller.
const RESERVE_MM: f32 = 2.0;
/// Height of the bars: `workflow.md` 4 has 10, with the same reserve.
const BAR_MM: f32 = 12.0;
const PITCH_MM: f32 = BAR_MM + APART_MM + RESERVE_MM;
/// Codes a page.
const ROWS: usize = 5;
/// From the page's upper edge to the first bars, and how high a row's words may be: five rows and a foot are a page.
const TOP_MM: f32 = 31.0;
const ROW_MM: f32 = 38.0;

/// Dots a module, the best first: 0.34 mm, and 0.254 (`workflow.md` 4: at least 0.25) where a code is too wide.
const MODULE_DOTS: [i32; 2] = [4, 3];
/// Between a code's quiet zone and its words.
const GAP_MM: f32 = 4.0;
/// Less is no room for large letters: they go below the code.
const WORDS_MIN_MM: f32 = 75.0;

/// From the page's upper edge to the feet of heading and foot, and from the heading's to its rule.
const HEAD_MM: f32 = 21.0;
const RULE_MM: f32 = 3.0;
const THICK_MM: f32 = 0.7;
const FOOT_MM: f32 = 288.0;
/// Room for the page's number.
const PAGE_NUMBER_MM: f32 = 30.0;

/// Between title and line.
const BETWEEN_MM: f32 = 2.0;
/// How much of a row's height a title may take that has no room in any size.
const TITLE_SHARE: f32 = 0.56;
/// From the bars down to the feet of what they say.
const CODE_TEXT_MM: f32 = 4.5;
/// From there to words below.
const BELOW_MM: f32 = 3.0;

/// Sizes of text, in millimetres an em. A title of 13 has capitals of 9.5 mm: 16 arcmin at 2 m.
const TITLE_SIZES_MM: [f32; 8] = [15.0, 13.0, 11.0, 9.0, 7.0, 6.0, 5.0, 4.0];
const LINE_SIZES_MM: [f32; 5] = [7.0, 6.0, 5.0, 4.0, 3.5];
/// How many of them can be read from 2 m.
const LINE_SIZES_FAR: usize = 3;
const HEAD_SIZES_MM: [f32; 4] = [11.0, 9.0, 7.0, 5.0];
const FOOT_SIZES_MM: [f32; 3] = [3.6, 3.2, 2.8];
const CODE_SIZES_MM: [f32; 2] = [3.2, 2.6];
