//! Names of protocols, ports and TCP flags, for tables. Few on purpose: what is not here is a number.

#[cfg(feature = "kernel")]
use windrow_datapath::kernel::Direction;

/// Protocols that have a name here.
const PROTOCOLS: [(u8, &str); 17] = [
    (0, "hopopt"),
    (1, "icmp"),
    (2, "igmp"),
    (4, "ipip"),
    (6, "tcp"),
    (17, "udp"),
    (33, "dccp"),
    (41, "6in4"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (58, "icmp6"),
    (89, "ospf"),
    (103, "pim"),
    (112, "vrrp"),
    (132, "sctp"),
    (136, "udplite"),
];

/// `tcp`, or the number.
pub fn protocol(number: u8) -> String {
    let known = PROTOCOLS.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}

/// The number that a name or a number stands for.
pub fn protocol_number(text: &str) -> Option<u8> {
    let known = PROTOCOLS.iter().find(|(_, name)| *name == text);
    known.map_or_else(|| text.parse().ok(), |(number, _)| Some(*number))
}

/// `https`, or the number. Only ports that are nearly always what they are named for.
pub fn port(number: u16) -> String {
    let name = match number {
        22 => "ssh",
        25 => "smtp",
        53 => "domain",
        67 => "bootps",
        68 => "bootpc",
        80 => "http",
        123 => "ntp",
        143 => "imap",
        161 => "snmp",
        179 => "bgp",
        389 => "ldap",
        443 => "https",
        465 => "smtps",
        514 => "syslog",
        587 => "submission",
        636 => "ldaps",
        853 => "dns-tls",
        993 => "imaps",
        1883 => "mqtt",
        2049 => "nfs",
        3306 => "mysql",
        3389 => "rdp",
        4789 => "vxlan",
        5353 => "mdns",
        5432 => "postgres",
        6081 => "geneve",
        6379 => "redis",
        6443 => "k8s-api",
        8080 => "http-alt",
        9092 => "kafka",
        9200 => "elastic",
        51820 => "wireguard",
        _ => return number.to_string(),
    };
    name.to_owned()
}

/// `SA` for SYN and ACK; a dot where there is none.
pub fn tcp_flags(flags: u8) -> String {
    const LETTERS: [(u8, char); 8] = [
        (0x80, 'C'),
        (0x40, 'E'),
        (0x20, 'U'),
        (0x10, 'A'),
        (0x08, 'P'),
        (0x04, 'R'),
        (0x02, 'S'),
        (0x01, 'F'),
    ];
    if flags == 0 {
        return ".".to_owned();
    }
    LETTERS
        .iter()
        .filter(|(bit, _)| flags & bit != 0)
        .map(|(_, letter)| letter)
        .collect()
}

/// `both directions`.
#[cfg(feature = "kernel")]
pub fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Both => "both directions",
        Direction::In => "coming in",
        Direction::Out => "going out",
    }
}

/// What totals count: packets, or sights of them where one may pass several interfaces, or both ways.
pub fn counts(sights: bool) -> &'static str {
    if sights { "sights" } else { "packets" }
}

/// What is watched, of what was asked for.
#[cfg(feature = "kernel")]
pub fn watched(names: &[String], asked: &[String]) -> String {
    match names {
        [] => format!(
            "interfaces that are still to appear ({})",
            interfaces(asked)
        ),
        names => interfaces(names),
    }
}

/// `eth0, eth1 and 7 more`.
#[cfg(feature = "kernel")]
pub fn interfaces(names: &[String]) -> String {
    const SAID: usize = 6;
    match names {
        [] => "no interface".to_owned(),
        [names @ .., last] if names.len() < SAID => match names {
            [] => last.clone(),
            names => format!("{} and {last}", names.join(", ")),
        },
        names => format!(
            "{} and {} more",
            names[..SAID].join(", "),
            names.len() - SAID
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "kernel")]
    #[test]
    fn what_is_not_there_yet_is_called_as_it_was_asked_for() {
        let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let asked = names(&["veth*", "wg0"]);
        let awaited = "interfaces that are still to appear (veth* and wg0)";
        assert_eq!(watched(&[], &asked), awaited);
        assert_eq!(watched(&names(&["veth1"]), &asked), "veth1");
    }

    #[test]
    fn flags_as_letters() {
        assert_eq!(tcp_flags(0), ".");
        assert_eq!(tcp_flags(0x12), "AS");
        assert_eq!(tcp_flags(0xff), "CEUAPRSF");
    }
}
