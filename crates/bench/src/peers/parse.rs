//! What the tools say, read for packets: those that they counted, and those that they say they lost.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// What a tool tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Packets, all flows together.
    pub counted: u64,
    /// Packets that it says it lost; nothing where it does not say.
    pub said_lost: Option<u64>,
}

/// A line of `windrow monitor --json`, as far as it is needed.
#[derive(Deserialize)]
struct Line<'a> {
    r#type: &'a str,
    #[serde(default)]
    packets: u64,
    #[serde(default)]
    folded_packets: Folded,
    #[serde(default)]
    lost: u64,
}

#[derive(Default, Deserialize)]
struct Folded {
    total: u64,
}

/// `windrow monitor --json`: flows, what was folded in each window, and packets without a flow.
pub fn windrow(text: &str) -> Result<Told> {
    let mut told = Told {
        counted: 0,
        said_lost: None,
    };
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).context("its output is not JSON lines")?;
        match line.r#type {
            "flow" | "other" => told.counted += line.packets,
            "window" => told.counted += line.folded_packets.total,
            "summary" => told.said_lost = Some(line.lost),
            _ => {}
        }
    }
    ensure!(told.said_lost.is_some(), "it printed no summary");
    Ok(told)
}

/// softflowd's statistics, which know what is not IP as ignored, not as processed.
pub fn softflowd(text: &str) -> Result<Told> {
    let lost = behind(text, "Packets dropped by libpcap:")?;
    Ok(Told {
        counted: behind(text, "Packets processed:")?,
        said_lost: Some(lost + behind(text, "Packets dropped by interface:")?),
    })
}

/// pmacctd's lines of commas, with names on top, and its last words.
pub fn pmacctd(flows: &str, log: &str) -> Result<Told> {
    let mut lines = flows.lines();
    let names = lines.next().context("it wrote no flows")?;
    let column = names
        .split(',')
        .position(|name| name == "PACKETS")
        .context("its output has no column PACKETS")?;
    let counted = lines
        .map(|line| number(line.split(',').nth(column).unwrap_or_default()))
        .sum::<Result<u64>>()?;
    Ok(Told {
        counted,
        said_lost: Some(behind(log, "dropped_packets=")?),
    })
}

/// `nfdump -I`, and nfpcapd's last words.
pub fn nfpcapd(flows: &str, log: &str) -> Result<Told> {
    Ok(Told {
        counted: behind(flows, "Packets:")?,
        said_lost: Some(behind(log, "dropped by OS/Buffer:")?),
    })
}

/// `racount`: a line `sum RECORDS PACKETS …`; and the column `Loss` of argus's status records, which
/// is what was dropped since the last of them.
pub fn argus(flows: &str, status: &str) -> Result<Told> {
    let sum = flows
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("sum "))
        .context("racount printed no sum")?;
    let lost = status.lines().map(str::trim).filter(|it| !it.is_empty());
    let lost = lost.skip(1).map(number).sum::<Result<u64>>()?;
    Ok(Told {
        counted: number(sum.split_whitespace().nth(1).unwrap_or_default())?,
        said_lost: Some(lost),
    })
}

/// The number behind the last place that has `label`.
fn behind(text: &str, label: &str) -> Result<u64> {
    let (_, rest) = text
        .rsplit_once(label)
        .with_context(|| format!("it printed no `{label}`"))?;
    let digits = |letter: char| !letter.is_ascii_digit();
    number(rest.trim_start().split(digits).next().unwrap_or_default())
}

fn number(text: &str) -> Result<u64> {
    text.parse()
        .with_context(|| format!("`{text}` is not a number of packets"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(result: Result<Told>, counted: u64, said_lost: Option<u64>) {
        let told = result.map_err(|error| error.to_string());
        assert_eq!(told, Ok(Told { counted, said_lost }));
    }

    #[test]
    fn windrow_counts_what_has_no_row_too() {
        let text = "\
{\"type\":\"start\",\"version\":\"1\"}
{\"type\":\"window\",\"packets\":12,\"folded_packets\":{\"24\":0,\"total\":2}}
{\"type\":\"flow\",\"packets\":7}
{\"type\":\"other\",\"packets\":3}
{\"type\":\"prefix\",\"packets\":2}
{\"type\":\"summary\",\"packets\":12,\"lost\":1}
";
        check(windrow(text), 12, Some(1));
        assert!(windrow("{\"type\":\"start\"}\n").is_err());
        assert!(windrow("error: no such interface").is_err());
    }

    #[test]
    fn each_peer_is_read() {
        let text = "Packets processed: 50\nFragments: 0\nIgnored packets: 2 (2 non-IP, 0 too short)\n\
            Packets received by libpcap: 57\nPackets dropped by libpcap: 5\n\
            Packets dropped by interface: 2\n";
        check(softflowd(text), 50, Some(7));

        let flows = "SRC_IP,DST_IP,PACKETS,BYTES\n10.0.0.1,10.0.0.2,5,600\n10.0.0.2,10.0.0.1,6,7\n";
        let log = "NOTICE ( default/core ): [w1,0] received_packets=11 dropped_packets=4\n";
        check(pmacctd(flows, log), 11, Some(4));

        let flows = "Ident: none\nFlows: 1000\nPackets: 5000\nPackets_tcp: 1\n";
        let log = "Stat: received: 5003, dropped by OS/Buffer: 3, freeze_q_cnt: 0\n";
        check(nfpcapd(flows, log), 5000, Some(3));

        let text = "racount   records     total_pkts     src_pkts\n    sum   1001  5000  5000\n";
        check(
            argus(text, "      Loss \n         0 \n         7 \n"),
            5000,
            Some(7),
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = nfpcapd("Flows: 3\n", "").map_err(|error| error.to_string());
        assert_eq!(error, Err("it printed no `Packets:`".to_owned()));
    }
}
