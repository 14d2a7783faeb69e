//! A day, hour by hour.

use std::time::Duration;

use windrow_figures::layout::{Table, decimals, whole};

use super::figure::{memory, share};
use crate::day::{Day, FIRST_HOUR};

/// A line an hour, then whether all of it is so, and how long it took.
pub fn day(day: &Day, took: Duration) -> String {
    let head = [
        "", "packets", "rows", "exact", "folded", "residue", "gap", "peak",
    ];
    let mut table = Table::new("a day of seconds, rolled up into minutes and hours", head);
    for (number, hour) in (FIRST_HOUR..).zip(&day.hours) {
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
        table.row(&format!("{:02}:00", number % 24), cells);
    }
    let whether = |is_so: bool| if is_so { "yes" } else { "NO" };
    let folding = day.folding.map(whole);
    let [settled, end] = day.peaks();
    let [seconds, minutes, hours] = day.windows.map(whole);
    format!(
        "{table}\n\
         windows: {seconds} of 1 s, {minutes} of 1 m, {hours} of 1 h: {}\n\
         of them {} / {} / {} folded what none of their parts had\n\
         sums equal at every level, {} packets, {} bytes, {} events: {}\n\
         tables: {}; peak of the process after 2 h {}, at the end {}; bounded: {}\n\
         took {} s\n",
        whether(day.windows == day.windows_due()),
        folding[0],
        folding[1],
        folding[2],
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::day::{Hour, LENGTHS, Plan};
    use crate::sums::Sums;

    #[test]
    fn a_line_an_hour_and_what_is_so() {
        let mut plan = Plan::of_a_day(1);
        plan.hours = 1;
        let hour = Hour {
            rows: 1_000,
            exact_rows: 999,
            peak_bytes: 5 << 20,
            ..Hour::default()
        };
        let mut it = Day {
            plan,
            hours: vec![hour],
            sent: Sums::default(),
            windows: [3_600, 60, 1],
            folding: [7, 1, 0],
            sums: Default::default(),
            wrong: 0,
            table_bytes: 4 << 20,
        };
        let text = day(&it, Duration::from_secs(5));
        let lines: Vec<&str> = text.lines().collect();
        let hour: Vec<&str> = lines[2].split_whitespace().collect();
        let want = "12:00 0 1,000 0.999 0.000 0 / 0 0 s 5 MiB";
        assert_eq!(hour.join(" "), want);
        assert_eq!(lines[4], "windows: 3,600 of 1 s, 60 of 1 m, 1 of 1 h: yes");
        assert!(!text.contains("NO") && lines[8] == "took 5 s");
        it.windows = [0; LENGTHS];
        it.sums[1].count(60);
        let text = day(&it, Duration::ZERO);
        assert!(text.contains("1 h: NO") && text.contains("0 events: NO"));
    }
}
