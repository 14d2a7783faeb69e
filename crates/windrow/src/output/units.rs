//! Numbers for people: counts with separators, bytes, rates, shares, times.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use windrow_core::edges::WallNanos;
use windrow_core::lengths;
use windrow_core::rollup::Rolled;
use windrow_core::tally::Tally;

/// `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 record`, `1,234 records`.
pub fn counted(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", count(number))
}

/// `12 in rows + 3 filtered`; what is nothing is left away.
#[cfg(feature = "kernel")]
pub fn sum(parts: &[(u64, &str)]) -> String {
    let some = parts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = some
        .map(|(number, what)| format!("{} {what}", count(*number)))
        .collect();
    match parts.is_empty() {
        true => "0".to_owned(),
        false => parts.join(" + "),
    }
}

/// `left out by the filter: 1,234 packets (5.60 MB)`.
pub fn left_out(filtered: Tally) -> String {
    format!(
        "left out by the filter: {} ({})",
        counted(filtered.packets, "packet"),
        bytes(filtered.bytes)
    )
}

/// `1 min of 60 windows`, and how much of it is in none of them.
pub fn of_windows(length: Option<Duration>, rolled: Rolled, missing: &str) -> String {
    let mut text = counted(rolled.windows, "window");
    if let Some(length) = length {
        text = format!("{} of {text}", lengths::text(length));
    }
    if !rolled.gap.is_zero() {
        text.push_str(&format!(", {} {missing}", duration(rolled.gap)));
    }
    text
}

/// `1,234 rows left early`: they are in their flows.
pub fn left_early(rows: u64) -> String {
    format!("{} left early", counted(rows, "row"))
}

/// `1.23 M`, in powers of 1000; below 1000 as it is.
fn scaled(number: f64, unit: &str) -> String {
    const PREFIXES: [&str; 6] = ["", "k", "M", "G", "T", "P"];
    let mut value = number;
    let mut power = 0;
    while value >= 999.5 && power + 1 < PREFIXES.len() {
        value /= 1000.0;
        power += 1;
    }
    let digits = match value {
        _ if power == 0 => 0,
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {}{unit}", PREFIXES[power])
}

/// `1.23 MB`.
pub fn bytes(number: u64) -> String {
    scaled(number as f64, "B")
}

/// `1.00 Mpps`.
pub fn packet_rate(packets: u64, over: Duration) -> String {
    scaled(per_second(packets, over), "pps")
}

/// `1.00 M/s`.
#[cfg(feature = "kernel")]
pub fn event_rate(events: u64, over: Duration) -> String {
    scaled(per_second(events, over), "/s")
}

/// `1.02 Gbit/s`.
pub fn bit_rate(bytes: u64, over: Duration) -> String {
    scaled(per_second(bytes, over) * 8.0, "bit/s")
}

fn per_second(number: u64, over: Duration) -> f64 {
    if over.is_zero() {
        0.0
    } else {
        number as f64 / over.as_secs_f64()
    }
}

/// `12.3 %`; what is not nothing is never shown as nothing, what is not all never as all.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p > 0.0 && p < 0.05 => "<0.1 %".to_owned(),
        p if p > 99.95 && p < 100.0 => ">99.9 %".to_owned(),
        p => format!("{p:.1} %"),
    }
}

/// `18 µs`, `1.20 s`.
pub fn duration(time: Duration) -> String {
    let nanos = time.as_nanos() as f64;
    match nanos {
        n if n < 1e3 => format!("{n:.0} ns"),
        n if n < 9950.0 => format!("{:.1} µs", n / 1e3),
        n if n < 1e6 => format!("{:.0} µs", n / 1e3),
        n if n < 1e9 => format!("{:.1} ms", n / 1e6),
        n if n < 600e9 => format!("{:.2} s", n / 1e9),
        n if n < 180.0 * 60e9 => format!("{:.0} min", n / 60e9),
        n if n < 72.0 * 3600e9 => format!("{:.1} h", n / 3600e9),
        n => format!("{:.0} days", n / 86400e9),
    }
}

/// `10:00:00.000`, in the user's time zone.
pub fn time_of_day(wall: WallNanos, zone: &TimeZone) -> String {
    match Timestamp::from_nanosecond(i128::from(wall.0)) {
        Ok(time) => zone.to_datetime(time).strftime("%H:%M:%S.%3f").to_string(),
        Err(_) => "?".to_owned(),
    }
}

/// `2026-01-31 10:00:00.000`, in the user's time zone.
pub fn date_and_time(wall: WallNanos, zone: &TimeZone) -> String {
    match Timestamp::from_nanosecond(i128::from(wall.0)) {
        Ok(time) => zone
            .to_datetime(time)
            .strftime("%Y-%m-%d %H:%M:%S.%3f")
            .to_string(),
        Err(_) => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "record"), "1 record");
        assert_eq!(counted(2000, "record"), "2,000 records");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(128_000_000), "128 MB");
        assert_eq!(bytes(999_600), "1.00 MB");
        assert_eq!(packet_rate(1_000_000, Duration::from_secs(1)), "1.00 Mpps");
        assert_eq!(packet_rate(5, Duration::ZERO), "0 pps");
        assert_eq!(percent(0.0), "0.0 %");
        assert_eq!(percent(0.0001), "<0.1 %");
        assert_eq!(percent(0.99999), ">99.9 %");
        assert_eq!(percent(1.0), "100.0 %");
        assert_eq!(duration(Duration::from_nanos(1250)), "1.2 µs");
        assert_eq!(duration(Duration::from_micros(18)), "18 µs");
        assert_eq!(duration(Duration::from_millis(1200)), "1.20 s");
        assert_eq!(duration(Duration::from_secs(7200)), "120 min");
        assert_eq!(duration(Duration::from_secs(5 * 3600)), "5.0 h");
        assert_eq!(duration(Duration::from_secs(30 * 86400)), "30 days");
        let time = WallNanos(1_700_000_000_250_000_000);
        assert_eq!(time_of_day(time, &TimeZone::UTC), "22:13:20.250");
    }
}
