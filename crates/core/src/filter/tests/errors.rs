//! What is no filter, and what the user is told.

use super::{Filter, filter};
use crate::filter::{MOST_TERMS, SyntaxError};

fn error(text: &str) -> SyntaxError {
    match Filter::parse(text) {
        Err(error) => error,
        Ok(filter) => panic!("{text} is a filter: {filter}"),
    }
}

/// Asserts which part of the text is in question and what the sentence speaks of.
#[track_caller]
fn check(text: &str, word: &str, sentence: &str) {
    let error = error(text);
    assert_eq!(&text[error.span()], word, "{text}: {error}");
    assert!(error.message().contains(sentence), "{text}: {error}");
    assert!(!error.message().contains('\n'), "{text}: {error}");
}

#[test]
fn an_error_points_at_the_word() {
    let error = error("tcp prot 80");
    assert_eq!(error.nearest(), Some("port"));
    assert_eq!(
        error.to_string(),
        "an operator is missing: write \"and\" or \"or\" before \"prot\"\n  \
         tcp prot 80\n      ^^^^\ndid you mean \"port\"?"
    );
    assert_eq!(
        super::errors::error("tcp and").to_string(),
        "the filter ends where something should follow: go on, or take the last word away\n  \
         tcp and\n         ^"
    );
}

#[test]
fn carets_stay_under_the_word_whatever_the_text_holds() {
    let error = error("tcp\tor\n\u{1b}[2J\u{65e5} or udp");
    let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
    assert_eq!(lines[1], "  tcp\\tor\\n\\u{1b}[2J\\u{65e5} or udp");
    assert_eq!(lines[2], "           ^^^^^^^^^^^^^^^^^");
    assert!(
        error
            .to_string()
            .chars()
            .all(|letter| letter == '\n' || !letter.is_control())
    );
}

#[test]
fn something_is_missing() {
    check("", "", "is empty");
    check(" \t", "", "is empty");
    check("tcp and", "", "ends where something should follow");
    check("not", "", "ends where");
    check("port", "", "ends where");
    check("tcp port", "", "ends where");
    check("src or dst", "", "ends where");
    check("net 10.0.0.0 mask", "", "ends where");
    check("tcp or (udp", "(", "never closed");
    check("((tcp)", "(", "never closed");
    check("tcp)", ")", "no parenthesis is open");
    check("()", ")", "\"(\" wants something behind it");
    check("and tcp", "and", "cannot begin with");
    check("tcp and or udp", "or", "\"and\" wants something behind it");
    check("tcp && && udp", "&&", "\"&&\" wants something behind it");
    check("port tcp", "tcp", "\"port\" wants something behind it");
    check("host (10.0.0.1 or tcp)", "tcp", "\"or\" wants");
    check("tcp udp", "udp", "an operator is missing");
    check("tcp not port 80", "not", "an operator is missing");
    check("(tcp udp)", "udp", "an operator is missing");
    check("port 80 443", "443", "an operator is missing");
    check("port 80 mask 255.0.0.0", "mask", "an operator is missing");
    check("tcp 80", "80", "write \"port\" before it");
    check("80", "80", "write \"port 80\"");
    check("src 80", "80", "nothing says what");
    check("tcp or 443", "443", "nothing says what");
    check("port 80 or tcp or 443", "443", "nothing says what");
    check("vlan 5 or 6", "6", "nothing says what");
}

#[test]
fn values_out_of_range_are_refused() {
    check("port 70000", "70000", "from 0 to 65535");
    check("port -1", "-1", "from 0 to 65535");
    check("port 0x50", "0x50", "from 0 to 65535");
    check("port 080", "080", "from 0 to 65535");
    check("portrange 1-70000", "1-70000", "from 0 to 65535");
    check("port 1-5", "1-5", "write \"portrange 1-5\"");
    check("vlan 5000", "5000", "from 0 to 4095");
    check(
        "vlan 99999999999999999999",
        "99999999999999999999",
        "from 0 to 4095",
    );
    check("proto 256", "256", "from 0 to 255");
    check("proto tcp", "tcp", "wants something behind it");
    check("net 10.0.0.0/33", "10.0.0.0/33", "/0 to /32");
    check("net ::/129", "::/129", "/0 to /128");
    check("net 10.0.0.0/", "10.0.0.0/", "no prefix length");
    check("host 256.0.0.1", "256.0.0.1", "no address");
    check("host 10.0.0.1.2", "10.0.0.1.2", "no address");
    check("host 010.0.0.1", "010.0.0.1", "no address");
    check("host fe80::1%eth0", "fe80::1%eth0", "no address");
    check("net 10.0.0.0 mask 255", "10.0.0.0", "is no mask");
    check("net 10.0.0.0/8 mask 255.0.0.0", "10.0.0.0/8", "leave out");
    check("net :: mask 255.0.0.0", "::", "is for IPv4");
}

#[test]
fn values_of_the_wrong_kind_are_refused() {
    check("host 10.0.0.0/8", "10.0.0.0/8", "write \"net\"");
    check("host 10.0.0.1 or 10.0.0.0/8", "10.0.0.0/8", "write \"net\"");
    check("host 10.1", "10.1", "one whole address");
    check(
        "host 10.0.0.0 mask 255.0.0.0",
        "10.0.0.0",
        "one whole address",
    );
    check("net 10.1.2.3/8", "10.1.2.3/8", "write 10.0.0.0 before");
    check(
        "net 2001:db8::1/32",
        "2001:db8::1/32",
        "write 2001:db8:: before",
    );
    check(
        "ip host ::1",
        "::1",
        "not an address of \"ip\": write \"ip6\"",
    );
    check("ip6 src 10.0.0.1", "10.0.0.1", "write \"ip\"");
    check("ip6 net 10", "10", "write \"ip\"");
    check("port 80 or 10.0.0.1", "10.0.0.1", "write \"host 10.0.0.1\"");
    check("port http", "http", "names of services are not looked up");
    check(
        "host example.com",
        "example.com",
        "names are never looked up",
    );
    check("ip port 80", "port", "before ports");
    check("icmp port 80", "port", "before ports");
    check("tcp host 10.0.0.1", "host", "before addresses");
    check("tcp src 10.0.0.1", "10.0.0.1", "before addresses");
    check("tcp proto 6", "proto", "before addresses");
    check("src proto 6", "proto", "has no side");
}

#[test]
fn unknown_words_are_named_with_the_nearest_known() {
    let nearest = |text: &str| error(text).nearest();
    check("eth0", "eth0", "names are never looked up");
    check(
        "tcp or example.com",
        "example.com",
        "names are never looked up",
    );
    assert_eq!(nearest("prot 80"), Some("port"));
    assert_eq!(nearest("TCP"), Some("tcp"));
    assert_eq!(nearest("hsot 10.0.0.1"), Some("host"));
    assert_eq!(nearest("src prot 80"), Some("port"));
    assert_eq!(nearest("tcp adn udp"), Some("and"));
    assert_eq!(nearest("port 80 ro 443"), Some("or"));
    assert_eq!(nearest("portrnage 1-5"), Some("portrange"));
    assert_eq!(nearest("example"), None);
    assert_eq!(nearest("x"), None);
    assert_eq!(nearest("port 80 443"), None);
}

#[test]
fn words_of_pcap_filter_that_are_not_here_are_named_as_such() {
    for word in [
        "ether",
        "less",
        "greater",
        "gateway",
        "broadcast",
        "multicast",
        "arp",
        "mpls",
    ] {
        check(word, word, "not in the subset");
        check(&format!("tcp and {word}"), word, "not in the subset");
        check(&format!("ip {word}"), word, "not in the subset");
    }
    check("tcp[13] & 2 != 0", "tcp[13]", "no access to bytes");
    check("tcp and ip[0]=69", "ip[0]=69", "no access to bytes");
    check("len > 100", "len", "not in the subset");
    check("esp", "esp", "write \"proto 50\"");
}

#[test]
fn more_terms_than_fit_are_counted() {
    let ports = |count: u16| (1..=count).map(|port| port.to_string()).collect::<Vec<_>>();
    let most = format!("port {} or not tcp", ports(15).join(" or "));
    assert_eq!(filter(&most).terms().len(), MOST_TERMS);
    let text = format!("port {}", ports(19).join(" or "));
    check(&text, &text, "has 37 terms, at most 32");
    let open = format!("{}tcp{}", "(".repeat(32), ")".repeat(32));
    assert_eq!(filter(&open), filter("tcp"));
    check(&format!("({open})"), "(", "more than 32 parentheses");
    let text = "!(".repeat(100_000);
    check(&text, "(", "more than 32 parentheses");
    assert_eq!(
        filter(&format!("{}tcp", "! ".repeat(100_000))),
        filter("tcp")
    );
}
