//! Lengths of time, counts and sizes as they are written on the command line.

use std::time::Duration;

/// `250ms`, `1s`, `1m30s`, `1h`.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no length of time: write 250ms, 10s, 5m or 1h");
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit());
        let unit = &rest[digits..unit_end.map_or(rest.len(), |end| digits + end)];
        let nanos: u64 = match unit {
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60 * 1_000_000_000,
            "h" => 3600 * 1_000_000_000,
            _ => return Err(wrong()),
        };
        let part = number.checked_mul(nanos).ok_or_else(wrong)?;
        total = total
            .checked_add(Duration::from_nanos(part))
            .ok_or_else(wrong)?;
        rest = unit_end.map_or("", |end| &rest[digits + end..]);
    }
    if total.is_zero() {
        Err(wrong())
    } else {
        Ok(total)
    }
}

/// Length of windows; `None` is one window over everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows(pub Option<Duration>);

/// A length of time, or `all`.
pub fn parse_windows(text: &str) -> Result<Windows, String> {
    if text == "all" {
        return Ok(Windows(None));
    }
    match parse_duration(text) {
        Ok(length) => Ok(Windows(Some(length))),
        Err(error) => Err(format!("{error}, or `all` for one window over everything")),
    }
}

/// `1000`, `200k`, `1M`, `2G`: powers of 1000; at least 1.
pub fn parse_count(text: &str) -> Result<u64, String> {
    scaled(text, 1000)
        .filter(|count| *count > 0)
        .ok_or_else(|| format!("{text:?} is no number above 0: write 1000, 200k or 1M"))
}

/// `67108864`, `64M`, `64MiB`: powers of 1024.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let number = text
        .strip_suffix("iB")
        .or_else(|| text.strip_suffix('B'))
        .unwrap_or(text);
    scaled(number, 1024)
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| format!("{text:?} is no size: write 67108864, 64M or 1G"))
}

fn scaled(text: &str, base: u64) -> Option<u64> {
    let (digits, power) = match text.chars().last()? {
        'k' | 'K' => (&text[..text.len() - 1], 1),
        'm' | 'M' => (&text[..text.len() - 1], 2),
        'g' | 'G' => (&text[..text.len() - 1], 3),
        _ => (text, 0),
    };
    digits
        .parse::<u64>()
        .ok()?
        .checked_mul(base.checked_pow(power)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("1m30s"), Ok(Duration::from_secs(90)));
        for wrong in [
            "",
            "1",
            "s",
            "1x",
            "-1s",
            "0s",
            "99999999999999h",
            "1.5s",
            "1é",
        ] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_windows("all"), Ok(Windows(None)));
        let minute = Windows(Some(Duration::from_secs(60)));
        assert_eq!(parse_windows("1m"), Ok(minute));
        assert!(parse_windows("any").is_err());
        assert_eq!(parse_count("1M"), Ok(1_000_000));
        assert_eq!(parse_bytes("64MiB"), Ok(64 << 20));
        assert_eq!(parse_bytes("64M"), Ok(64 << 20));
        for wrong in ["", "0", "M", "-1", "1T", "99999999999G", "é"] {
            assert!(parse_count(wrong).is_err(), "{wrong}");
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }
}
