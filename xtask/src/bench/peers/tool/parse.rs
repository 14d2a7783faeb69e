//! What the tools say, read for flows and packets.

use anyhow::{Context, Result, bail, ensure};

use crate::bench::peers::tool::Accounted;

/// `windrow replay --tsv`: a line a flow, and `other` lines for packets without one.
pub fn windrow(text: &str) -> Result<Accounted> {
    let mut sum = Accounted {
        flows: 0,
        packets: 0,
    };
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let packets = match fields.as_slice() {
            ["other", _, packets, _] => packets,
            [_, _, _, _, _, packets, _] => {
                sum.flows += 1;
                packets
            }
            _ => bail!("`{line}` is not a line of `windrow replay --tsv`"),
        };
        sum.packets += number(packets)?;
    }
    ensure!(sum.packets > 0, "it printed no packets");
    Ok(sum)
}

/// `nfdump -I`.
pub fn nfdump(text: &str) -> Result<Accounted> {
    Ok(Accounted {
        flows: number(behind(text, "Flows:")?)?,
        packets: number(behind(text, "Packets:")?)?,
    })
}

/// softflowd's statistics at its end.
pub fn softflowd(text: &str) -> Result<Accounted> {
    let processed = number(behind(text, "Packets processed:")?)?;
    let ignored = number(behind(text, "Ignored packets:")?)?;
    Ok(Accounted {
        flows: number(behind(text, "Flows exported:")?)?,
        packets: processed.saturating_sub(ignored),
    })
}

/// The netflow events of suricata's log: one a direction of a flow.
pub fn suricata(text: &str) -> Result<Accounted> {
    let mut sum = Accounted {
        flows: 0,
        packets: 0,
    };
    for line in text.lines() {
        let event: serde_json::Value =
            serde_json::from_str(line).context("its log is not JSON lines")?;
        if let Some(packets) = event["netflow"]["pkts"].as_u64() {
            sum.flows += 1;
            sum.packets += packets;
        }
    }
    Ok(sum)
}

/// `racount`: a line `sum RECORDS PACKETS …`; one of the records is not a flow but argus's own status.
pub fn racount(text: &str) -> Result<Accounted> {
    let sum = text
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("sum "))
        .context("racount printed no sum")?;
    let mut fields = sum.split_whitespace();
    let mut next = || number(fields.next().unwrap_or_default());
    Ok(Accounted {
        flows: next()?.saturating_sub(1),
        packets: next()?,
    })
}

/// pmacctd's lines of commas, with names on top.
pub fn pmacctd(text: &str) -> Result<Accounted> {
    let mut lines = text.lines();
    let names = lines.next().context("it wrote no flows")?;
    let column = names
        .split(',')
        .position(|name| name == "PACKETS")
        .context("its output has no column PACKETS")?;
    let mut sum = Accounted {
        flows: 0,
        packets: 0,
    };
    for line in lines {
        sum.flows += 1;
        sum.packets += number(line.split(',').nth(column).unwrap_or_default())?;
    }
    Ok(sum)
}

/// The word behind the first line that begins with `label`.
fn behind<'a>(text: &'a str, label: &str) -> Result<&'a str> {
    text.lines()
        .find_map(|line| line.trim_start().strip_prefix(label))
        .and_then(|rest| rest.split_whitespace().next())
        .with_context(|| format!("it printed no `{label}`"))
}

fn number(text: &str) -> Result<u64> {
    text.parse()
        .with_context(|| format!("`{text}` is not a number of packets or flows"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(result: Result<Accounted>, flows: u64, packets: u64) {
        let seen = result.map_err(|error| error.to_string());
        assert_eq!(seen, Ok(Accounted { flows, packets }));
    }

    #[test]
    fn windrow_counts_other_lines_too() {
        let text = "10.0.0.1\t10.0.0.2\t1\t2\t6\t7\t900\nother\tethertype_0806\t3\t180\n";
        check(windrow(text), 1, 10);
        assert!(windrow("").is_err());
        assert!(windrow("error: no such command").is_err());
    }

    #[test]
    fn each_peer_is_read() {
        let text = "Ident: none\nFlows: 1000\nFlows_tcp: 750\nPackets: 5000\nPackets_tcp: 1\n";
        check(nfdump(text), 1000, 5000);

        let text = "Number of active flows: 0\nPackets processed: 50\nFragments: 0\n\
            Ignored packets: 2 (2 non-IP, 0 too short)\nFlows expired: 4 (0 forced)\n\
            Flows exported: 4 (4 records) in 1 packets (0 failures)\n";
        check(softflowd(text), 4, 48);

        let text = "{\"netflow\":{\"pkts\":3}}\n{\"stats\":{}}\n{\"netflow\":{\"pkts\":4}}\n";
        check(suricata(text), 2, 7);

        let text = "racount   records     total_pkts     src_pkts\n    sum   1001  5000  5000\n";
        check(racount(text), 1000, 5000);

        let text = "SRC_IP,DST_IP,PACKETS,BYTES\n10.0.0.1,10.0.0.2,5,600\n10.0.0.2,10.0.0.1,6,7\n";
        check(pmacctd(text), 2, 11);
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = nfdump("Flows: 3\n").map_err(|error| error.to_string());
        assert_eq!(error, Err("it printed no `Packets:`".to_owned()));
    }
}
