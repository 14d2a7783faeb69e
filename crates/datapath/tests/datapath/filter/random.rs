//! Filters at random, about what the frames of the tests hold.

use std::net::{Ipv4Addr, Ipv6Addr};

use windrow_core::filter::{Filter, MOST_TERMS};

use crate::support::mutate::Random;

/// A filter of any length and shape.
pub fn filter(random: &mut Random) -> Filter {
    loop {
        let questions = 1 + random.below(MOST_TERMS / 2);
        match Filter::parse(&expression(random, questions)) {
            Ok(filter) => return filter,
            // As many questions as fit, and then a negation.
            Err(error) if error.message().contains("at most 32") => {}
            Err(error) => panic!("{error}"),
        }
    }
}

fn expression(random: &mut Random, questions: usize) -> String {
    let text = if questions == 1 {
        question(random)
    } else {
        let left = 1 + random.below(questions - 1);
        let operator = pick(random, &["and", "or"]);
        let left_text = expression(random, left);
        let right_text = expression(random, questions - left);
        format!("(({left_text}) {operator} ({right_text}))")
    };
    match random.below(6) {
        0 => format!("not {text}"),
        _ => text,
    }
}

fn pick<'a>(random: &mut Random, of: &[&'a str]) -> &'a str {
    of[random.below(of.len())]
}

fn question(random: &mut Random) -> String {
    let side = pick(random, &["", "src ", "dst ", "src or dst ", "src and dst "]);
    match random.below(9) {
        0 => pick(random, &["ip", "ip6"]).to_owned(),
        1 => pick(random, &["tcp", "udp", "icmp", "icmp6", "sctp"]).to_owned(),
        2 => {
            let family = pick(random, &["", "ip ", "ip6 "]);
            format!(
                "{family}proto {}",
                pick(random, &["0", "1", "6", "17", "60", "132"])
            )
        }
        3 => "vlan".to_owned(),
        4 => format!("vlan {}", random.below(9)),
        5 => format!("{side}{}", network(random)),
        6 => {
            let address = pick(
                random,
                &["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"],
            );
            format!("{side}host {address}")
        }
        _ => {
            let transport = pick(random, &["", "", "tcp ", "udp ", "sctp "]);
            let (one, other) = (port(random), port(random));
            match random.below(2) {
                0 => format!("{transport}{side}port {one}"),
                _ => format!("{transport}{side}portrange {one}-{other}"),
            }
        }
    }
}

fn port(random: &mut Random) -> u16 {
    match random.below(6) {
        0 => random.next() as u16,
        1 => 0,
        2 => 5000,
        _ => [79, 80, 81][random.below(3)],
    }
}

fn network(random: &mut Random) -> String {
    let last = 1 + random.below(2);
    match random.below(3) {
        0 => {
            let length = random.below(33) as u32;
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            let address = Ipv4Addr::from_bits((0x0a00_0000 | last as u32) & mask);
            format!("net {address}/{length}")
        }
        1 => {
            let mask = random.next() as u32 | 0x0a00_0000;
            let address = Ipv4Addr::from_bits((0x0a00_0000 | last as u32) & mask);
            format!("net {address} mask {}", Ipv4Addr::from_bits(mask))
        }
        _ => {
            let length = random.below(129) as u32;
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            let address = (0x2001_0db8 << 96 | last as u128) & mask;
            format!("net {}/{length}", Ipv6Addr::from_bits(address))
        }
    }
}
