//! The language: which text means which terms.

mod errors;
mod meaning;
mod properties;

use super::{Filter, is_keyword};

/// A filter that is right.
fn filter(text: &str) -> Filter {
    Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Whether the first text is read as if it were the second.
#[track_caller]
fn same(short: &str, long: &str) {
    assert_eq!(filter(short), filter(long), "{short} | {long}");
}

#[test]
fn a_bare_value_takes_the_last_qualifiers() {
    same("port 80 or 443", "port 80 or port 443");
    same(
        "tcp src port 80 or 443 or 8080",
        "tcp src port 80 or tcp src port 443 or tcp src port 8080",
    );
    same(
        "src 10.0.0.1 or 10.0.0.2",
        "src host 10.0.0.1 or src host 10.0.0.2",
    );
    same("host 10.0.0.1 and ::1", "host 10.0.0.1 and host ::1");
    same("ip src net 10 or 11.1", "ip src net 10 or ip src net 11.1");
    same("ip proto 6 or 17", "ip proto 6 or ip proto 17");
    same("portrange 1-5 or 9", "portrange 1-5 or port 9");
    same("port 80 and not 443", "port 80 and not port 443");
    same("not port 80 or 443", "(not port 80) or port 443");
    same("10.0.0.1", "host 10.0.0.1");
    same(
        "10.0.0.0/8 or 2001:db8::/32",
        "net 10.0.0.0/8 or net 2001:db8::/32",
    );
    same("tcp or 10.0.0.1", "tcp or host 10.0.0.1");
}

#[test]
fn values_may_stand_in_parentheses_behind_qualifiers() {
    same("tcp port (80 or 443)", "tcp port 80 or tcp port 443");
    same("port not 80", "not port 80");
    same("port 80 or not (443)", "port 80 or not port 443");
    same(
        "src host 10.0.0.1 and not (10.0.0.2 or 10.0.0.3)",
        "src host 10.0.0.1 and not (src host 10.0.0.2 or src host 10.0.0.3)",
    );
    // Behind them the qualifiers of before are in force again.
    same(
        "port 80 or (host 10.0.0.1) or 443",
        "port 80 or host 10.0.0.1 or port 443",
    );
}

#[test]
fn and_binds_as_or_does_and_not_tightest() {
    same("tcp or udp and port 53", "(tcp or udp) and port 53");
    same("tcp and udp or port 53", "(tcp and udp) or port 53");
    same("not tcp and udp", "(not tcp) and udp");
    same("tcp || udp && ! ip", "tcp or udp and not ip");
    same("!tcp&&(udp||!ip)", "not tcp and (udp or not ip)");
    same("not not tcp", "tcp");
    same("not (not tcp)", "tcp");
    same("not not not (tcp or udp)", "not (tcp or udp)");
    assert_ne!(
        filter("tcp or (udp and port 53)"),
        filter("tcp or udp and port 53")
    );
}

#[test]
fn sides_and_addresses_may_be_written_in_several_ways() {
    same("src or dst port 80", "port 80");
    same("dst or src 10.0.0.1", "host 10.0.0.1");
    same("dst and src 10.0.0.1", "src and dst host 10.0.0.1");
    same("src || dst 10.0.0.1", "host 10.0.0.1");
    same("net 10", "net 10.0.0.0/8");
    same("src 10.1", "src net 10.1.0.0/16");
    same("net 10.1/16", "net 10.1.0.0/16");
    same("net 10.0.0.0 mask 255.0.0.0", "net 10/8");
    same(
        "10.0.0.0 mask 255.0.0.0 or 11.0.0.0 mask 255.0.0.0",
        "net 10 or 11",
    );
    same("net 10.0.0.1", "host 10.0.0.1");
    same("net ::1", "host ::1");
    same("host 2001:DB8:0::1", "host 2001:db8::1");
    same("portrange 90-80", "portrange 80-90");
    assert_ne!(filter("src or dst port 80"), filter("src and dst port 80"));
}

#[test]
fn every_primitive_is_one_term() {
    for text in [
        "ip6",
        "icmp",
        "tcp src portrange 1-5",
        "ip src and dst net 10/8",
        "ip6 proto 58",
        "vlan 4095",
    ] {
        assert_eq!(filter(text).terms().len(), 1, "{text}");
    }
    assert_eq!(filter("tcp port 80 or 443").terms().len(), 3);
}

#[test]
fn what_can_only_begin_a_filter_is_a_keyword() {
    for word in [
        "tcp",
        "not",
        "!",
        "(",
        "(tcp",
        "!tcp",
        "vlan",
        "host",
        "tcp port 80",
        " ip6 ",
    ] {
        assert!(is_keyword(word), "{word}");
    }
    for word in [
        "eth0", "10.0.0.1", "80", "and", "or", ")", "", "tcp.pcap", "ether", "a (tcp)",
    ] {
        assert!(!is_keyword(word), "{word}");
    }
}
