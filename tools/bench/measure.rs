//! What is read from the machine: CPU time, peak memory, bytes on disk; and how figures are summed up.

use crate::Fallible;
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Kernel clock ticks a second in `/proc`: fixed at 100 for programs on Linux, whatever the kernel itself counts in.
const TICKS: f64 = 100.0;

/// CPU seconds of this process so far, and those of the programs it has waited for (proc(5), `/proc/pid/stat`).
pub(crate) fn cpu_seconds() -> Fallible<(f64, f64)> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The second field is the name in parentheses, which may hold anything; what follows it begins with field 3.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| -> Fallible<f64> {
        Ok(fields.get(field - 3).ok_or("/proc/self/stat is too short")?.parse::<f64>()? / TICKS)
    };
    Ok((ticks(14)? + ticks(15)?, ticks(16)? + ticks(17)?))
}

/// The largest memory of a process so far, in MB (`VmHWM`); `process` is its id or `self`.
pub(crate) fn peak_memory_mb(process: &str) -> Fallible<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kib: f64 = line.split_whitespace().next().ok_or("an empty VmHWM")?.parse()?;
    Ok(kib * 1024.0 / 1e6)
}

/// Bytes that this process has read from files so far, cached or not (`rchar`).
pub(crate) fn read_bytes() -> Fallible<f64> {
    let io = fs::read_to_string("/proc/self/io")?;
    let line = io.lines().find_map(|l| l.strip_prefix("rchar:")).ok_or("no rchar")?;
    Ok(line.trim().parse()?)
}

/// Bytes of all files below `path`; 0 when it is not there.
pub(crate) fn folder_bytes(path: &Path) -> Fallible<u64> {
    if !path.exists() {
        return Ok(0);
    }
    let mut bytes = 0;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { folder_bytes(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

/// Type of the file system that holds `path`, from `/proc/mounts`.
pub(crate) fn file_system(path: &Path) -> String {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mounted = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let holding = mounted.filter(|(folder, _)| path.starts_with(folder)).max_by_key(|(folder, _)| folder.len());
    holding.map_or_else(|| "unknown".to_owned(), |(_, kind)| kind.to_owned())
}

/// Times of one operation, in microseconds.
#[derive(Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    /// Times one call.
    pub(crate) fn take<T>(&mut self, call: impl FnOnce() -> Fallible<T>) -> Fallible<T> {
        let begun = Instant::now();
        let result = call()?;
        self.push(begun.elapsed().as_secs_f64());
        Ok(result)
    }

    /// Adds a time in seconds.
    pub(crate) fn push(&mut self, seconds: f64) {
        self.0.push(seconds * 1e6);
    }

    /// Adds all of `other`.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The time that `part` of the calls did not exceed; 0 when there were none.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        quantile(&self.0, part)
    }
}

fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * part).round() as usize).copied().unwrap_or(0.0)
}

/// The middle value; of two, their mean. 0 when there are none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}
