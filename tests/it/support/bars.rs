//! Where the codes are on a page of dots, found from the dots alone: bars are high, all from one line to one other.

use std::collections::BTreeMap;

/// A code's bars: `right` and `bottom` are just outside.
#[derive(Clone, Copy, Debug)]
pub struct Bars {
    pub left: usize,
    pub right: usize,
    pub top: usize,
    pub bottom: usize,
    /// The narrowest bar or space.
    pub module: usize,
}

impl Bars {
    /// Dots of white between the two, the shortest way.
    pub fn distance(&self, other: &Self) -> usize {
        let across = self.left.saturating_sub(other.right).max(other.left.saturating_sub(self.right));
        let down = self.top.saturating_sub(other.bottom).max(other.top.saturating_sub(self.bottom));
        (across as f32).hypot(down as f32) as usize
    }

    /// These dots, with a quiet zone.
    pub fn cut_out(&self, rows: &[Vec<bool>]) -> Vec<Vec<bool>> {
        let quiet = 10 * self.module;
        rows[self.top..self.bottom]
            .iter()
            .map(|row| row[self.left - quiet..self.right + quiet].to_vec())
            .collect()
    }
}

/// The codes of a page, from the top.
pub fn find(rows: &[Vec<bool>]) -> Vec<Bars> {
    // Columns that are black from one line to another, by those lines.
    let mut spans: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    let mut tops = vec![None; rows[0].len()];
    let end = vec![false; rows[0].len()];
    for (y, row) in rows.iter().chain([&end]).enumerate() {
        for (x, is_black) in row.iter().enumerate() {
            match tops[x] {
                None if *is_black => tops[x] = Some(y),
                Some(top) if !is_black => {
                    tops[x] = None;
                    if (y - top) as f32 >= BAR_MIN_MM * DOTS_PER_MM {
                        spans.entry((top, y)).or_default().push(x);
                    }
                }
                _ => (),
            }
        }
    }
    let mut found = Vec::new();
    for ((top, bottom), columns) in spans {
        for columns in columns.chunk_by(|one, next| next - one <= SPACE_MAX) {
            let edges: Vec<usize> = columns
                .chunk_by(|one, next| next - one == 1)
                .flat_map(|bar| [bar[0], bar[bar.len() - 1] + 1])
                .collect();
            if edges.len() >= 2 * BARS_MIN {
                let module = edges.windows(2).map(|edge| edge[1] - edge[0]).min().unwrap();
                found.push(Bars { left: edges[0], right: edges[edges.len() - 1], top, bottom, module });
            }
        }
    }
    found
}

/// Of a sheet: 300 dots an inch.
pub const DOTS_PER_MM: f32 = 300.0 / 25.4;

/// Lower than the least that a bar may be, so that lower ones are found and blamed.
const BAR_MIN_MM: f32 = 6.0;

/// Wider than any space within a code, four modules, and narrower than two quiet zones.
const SPACE_MAX: usize = 25;

/// The shortest code has start, a letter, check and stop: three bars each and four.
const BARS_MIN: usize = 13;
