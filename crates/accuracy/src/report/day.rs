//! A day, hour by hour.

use std::time::Duration;

use windrow_figures::layout::{Table, decimals, whole};

use super::figure::{memory, share};
use crate::day::Day;

/// A line an hour, then whether all of it is so, and how long it took.
pub fn day(day: &Day, took: Duration) -> String {
    let head = [
        "", "packets", "rows", "exact", "folded", "residue", "gap", "peak",
    ];
    let mut table = Table::new("a day of seconds, rolled up into minutes and hours", head);
    for (number, hour) in day.hours.iter().enumerate() {
        let of = |part: u64, all: u64| match all {
            0 => 0.0,
            _ => part as f64 / all as f64,
        };
        let (packets, bytes) = hour.residue;
        let cells = [
            whole(hour.seen.packets),
            whole(hour.rows),
            share(of(hour.exact_rows, hour.rows)),
            share(of(hour.folded.packets, hour.seen.packets)),
            format!("{packets} / {bytes}"),
            format!("{} s", hour.gap.as_secs_f64()),
            memory(hour.peak_bytes),
        ];
        table.row(&format!("{number:02}:00"), cells);
    }
    let whether = |is_so: bool| if is_so { "yes" } else { "NO" };
    let [settled, end] = day.peaks();
    let [seconds, minutes, hours] = day.windows.map(whole);
    format!(
        "{table}\n\
         windows: {seconds} of 1 s, {minutes} of 1 m, {hours} of 1 h: {}\n\
         sums equal at every level, {} packets, {} bytes, {} events: {}\n\
         tables: {}; peak of the process after 2 h {}, at the end {}; bounded: {}\n\
         took {} s\n",
        whether(day.windows == day.windows_due()),
        whole(day.sent.seen.packets),
        whole(day.sent.seen.bytes),
        whole(day.sent.events),
        whether(day.sums_are_equal()),
        memory(day.table_bytes),
        memory(settled),
        memory(end),
        whether(day.memory_is_bounded()),
        decimals(took.as_secs_f64(), 0),
    )
}
