//! That a packet counts once on each device that it passes, as what it is there: on VLAN devices, bonds and tunnels, and on
//! what is below them. Devices whose frames windrow cannot read are refused by name, and left out otherwise.

use serde_json::Value;

use crate::vm::boot::Frame;
use crate::vm::check::Check;

mod reports;
mod sights;
pub mod transfer;

use reports::{Report, reports};
use sights::{Count, EXCHANGES, Exchange, Sight, Way, carries_wireguard, is_echo};

/// The check of devices; its number is how many packets all sights of the exchanges were.
pub const CHECK: Check = Check {
    name: "devices",
    modules: &[
        "8021q",
        "bonding",
        "geneve",
        "ip_gre",
        "ipip",
        "sit",
        "wireguard",
        "nlmon",
    ],
    script: include_str!("devices/script.sh"),
    judge,
};

/// The echoes of each exchange, which are all answered.
const ECHOES: u64 = 10;
/// What is said of two devices of a kind.
const UNREAD: &str = "nlmon1 is of a kind that windrow cannot read: ARPHRD 824";

fn judge(frame: &Frame) -> Result<u64, String> {
    if let Some(problem) = frame.bad_exit() {
        return Err(problem);
    }
    let lines: Vec<Value> = frame.json().collect();
    let [all, parent, child] = reports(&lines)?;
    let is_refusal = |line: &Value| line["type"] == "refused" && line["code"] == 2;
    let sentence = format!("windrow: {UNREAD}");
    if !lines.iter().any(is_refusal) || !frame.lines.contains(&sentence) {
        return Err("did not refuse what cannot be read".to_owned());
    }
    left_out(&all)?;
    let mut packets = 0;
    for exchange in &EXCHANGES {
        let done = done(&lines, exchange)?;
        for (sight, way) in exchange.ways() {
            let seen = all.sum(|row| sight.has(exchange, way, row));
            packets += expect(exchange, sight, way, done, seen)?;
            if sight.is_own() && !exchange.talks {
                as_the_devices(&all, exchange, sight, way, done)?;
            }
            if sight.interfaces == ["w0"] && sight.vlan > 0 {
                let seen = parent.sum(|row| row["vlan"] == sight.vlan && row["dir"] == way.name());
                expect(exchange, sight, way, done, seen)?;
            }
            if sight.interfaces == ["w0.7"] {
                let source = exchange.source(way);
                let seen = child.sum(|row| row["src"] == source);
                expect(exchange, sight, way, done, seen)?;
            }
        }
    }
    let is_known = |row: &Value| {
        let mut sights = EXCHANGES.iter().flat_map(|exchange| {
            let ways = exchange.ways();
            ways.map(move |(sight, way)| sight.has(exchange, way, row))
        });
        sights.any(|has| has) || carries_wireguard(row)
    };
    if let Some(row) = all.rows.iter().find(|row| !is_known(row)) {
        return Err(format!("counted what nobody sent: {row}"));
    }
    // Two tags, and two ways; two protocols.
    match (parent.rows.len(), child.rows.len()) {
        (4, 4) => Ok(packets),
        rows => Err(format!("has {rows:?} rows of parent and child, not 4 each")),
    }
}

/// That there is one warning, of the kind that cannot be read, and that super-frames were among the frames.
fn left_out(all: &Report<'_>) -> Result<(), String> {
    // An emulated clock may jump, which is said too.
    let warnings = all.warnings.iter();
    let left_out: Vec<_> = warnings
        .filter(|one| one["code"] == "iface_left_out")
        .collect();
    let [warning] = left_out.as_slice() else {
        return Err(format!("left devices out {} times", left_out.len()));
    };
    let text = warning["text"].as_str().unwrap_or_default();
    if !text.ends_with(UNREAD) {
        return Err(format!("left out something else: {text}"));
    }
    let number = |name: &str| all.summary[name].as_u64().unwrap_or(0);
    if number("events") * 2 > number("packets") {
        return Err("met no super-frames".to_owned());
    }
    Ok(())
}

/// What the script says of an exchange, all of which came to its end.
fn done<'a>(lines: &'a [Value], exchange: &Exchange) -> Result<&'a Value, String> {
    let name = exchange.name;
    let is_it = |line: &&Value| line["type"] == "exchange" && line["name"] == name;
    let done = lines.iter().find(is_it);
    let done = done.ok_or_else(|| format!("did not come to {name}"))?;
    if done["pings"] != ECHOES {
        return Err(format!(
            "got {} of {ECHOES} echoes by {name}",
            done["pings"]
        ));
    }
    Ok(done)
}

/// That a sight is what was sent; gives its packets.
fn expect(
    exchange: &Exchange,
    sight: &Sight,
    way: Way,
    done: &Value,
    seen: Count,
) -> Result<u64, String> {
    let (packets, bytes) = exchange.expected(done, way, sight);
    if seen.packets == packets && bytes.is_none_or(|bytes| bytes == seen.bytes) {
        return Ok(packets);
    }
    let bytes = bytes.map_or("any".to_owned(), |bytes| bytes.to_string());
    Err(format!(
        "counted {} packets of {} bytes, not {packets} of {bytes}, for {} {} on {}",
        seen.packets,
        seen.bytes,
        exchange.name,
        way.name(),
        sight.interfaces.join(" and ")
    ))
}

/// That each device's own counters say the same of echoes.
fn as_the_devices(
    all: &Report<'_>,
    exchange: &Exchange,
    sight: &Sight,
    way: Way,
    done: &Value,
) -> Result<(), String> {
    for interface in sight.interfaces {
        let counter = |when: &str| done[when][interface][way.counter()].as_u64();
        let passed = counter("after").zip(counter("before"));
        let passed = passed.map(|(after, before)| after - before);
        let seen = all
            .sum(|row| is_echo(row) && row["iface"] == *interface && sight.has(exchange, way, row));
        if passed != Some(seen.packets) {
            return Err(format!(
                "counted {} echoes {} on {interface}, which counted {passed:?}",
                seen.packets,
                way.name()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
