//! What a process of this machine has used, from `/proc` (proc(5)).

use std::fmt;
use std::str::FromStr;

use anyhow::Context as _;

/// Ticks of `/proc/PID/stat` in a second: `USER_HZ`, 100 on every Linux this runs on.
const TICKS: f64 = 100.0;

/// Processor seconds of a process since its start, in user and kernel together; `self` for our own.
pub(super) fn processor_seconds(process: impl fmt::Display) -> anyhow::Result<f64> {
    let file = format!("/proc/{process}/stat");
    let text = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    ticks(&text).map(|ticks| ticks / TICKS).with_context(|| format!("{file} is not as proc(5) says"))
}

/// Resident memory of a process in MB of a million bytes.
pub(super) fn resident_megabytes(process: u32) -> anyhow::Result<f64> {
    let file = format!("/proc/{process}/status");
    let text = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    memory(&text, "VmRSS:")
        .map(|kib| kib * 1024.0 / 1e6)
        .with_context(|| format!("{file} is not as proc(5) says"))
}

/// The most memory of a process that was resident at once since it began, in MB of a million bytes.
pub(super) fn peak_megabytes(process: u32) -> anyhow::Result<f64> {
    let file = format!("/proc/{process}/status");
    let text = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    memory(&text, "VmHWM:")
        .map(|kib| kib * 1024.0 / 1e6)
        .with_context(|| format!("{file} is not as proc(5) says"))
}

fn ticks(stat: &str) -> Option<f64> {
    // The second field is the program's name in brackets, which may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    // utime and stime are the 14th and 15th field, the third being the first here.
    Some(f64::from_str(fields.get(11)?).ok()? + f64::from_str(fields.get(12)?).ok()?)
}

fn memory(status: &str, which: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(which))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_behind_any_name() {
        let stat = "12 (a) (b c) S 1 2 3 4 5 6 7 8 9 10 70 30 0 0";
        assert_eq!(ticks(stat), Some(100.0));
        let status = "VmPeak:\t 9 kB\nVmHWM:\t 3000 kB\nVmRSS:\t   2000 kB\n";
        assert_eq!((memory(status, "VmRSS:"), memory(status, "VmHWM:")), (Some(2000.0), Some(3000.0)));
        assert!(processor_seconds("self").unwrap() >= 0.0);
    }
}
