//! What the kernel knows of a process, and a few sums.

use std::fs;
use std::process::Child;
use std::time::Duration;

/// A child that ends with its owner.
pub struct Owned(pub Child);

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.kill().expect("it is ours");
        self.0.wait().expect("it ends");
    }
}

/// Memory in MB, shared pages by their share: of a process and all that come of it.
pub fn pss_mb(id: u32) -> f64 {
    family(id).into_iter().map(pss_kb).sum::<f64>() / 1024.0
}

/// Processor time used so far, in seconds. The kernel counts in ticks of 10 ms (`USER_HZ` is 100 on every Linux that matters).
pub fn processor_s(id: u32) -> f64 {
    // utime and stime are the 14th and 15th fields of proc(5), the 12th and 13th after the name.
    stat(id).map_or(0.0, |fields| {
        fields[11..13].iter().filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
    })
}

fn pss_kb(id: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

/// The process and its descendants.
fn family(id: u32) -> Vec<u32> {
    let processes: Vec<(u32, u32)> = fs::read_dir("/proc")
        .expect("Linux")
        .filter_map(|entry| {
            let id = entry.ok()?.file_name().to_str()?.parse().ok()?;
            Some((id, stat(id)?[1].parse().ok()?))
        })
        .collect();
    let mut family = vec![id];
    let mut at = 0;
    while let Some(&parent) = family.get(at) {
        family.extend(processes.iter().filter(|(_, its)| *its == parent).map(|(id, _)| *id));
        at += 1;
    }
    family
}

/// The fields of proc(5)'s `stat` after the name; none once the process is gone.
fn stat(id: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

/// The value that `share` of all are not above.
pub fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}

/// The middle one.
pub fn median(values: Vec<f64>) -> f64 {
    quantile(values, 0.5)
}

/// Milliseconds.
pub fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}
