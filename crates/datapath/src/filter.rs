//! A filter as the data path reads it.

use windrow_core::filter::{self, Family, Side, Term};
use zerocopy::FromZeros;

use crate::abi::{Filter, FilterTerm};

// As in `abi.h`.
const AND: u8 = 1;
const OR: u8 = 2;
const NOT: u8 = 3;
const FAMILY: u8 = 4;
const PROTO: u8 = 5;
const ADDRESS: u8 = 6;
const PORT: u8 = 7;
const VLAN: u8 = 8;

/// A tag's id, with a bit that says that there is a tag: see `struct parsed`.
const TAGGED: u16 = 0x1000;
const TAG_ID: u16 = 0x0fff;

impl Filter {
    /// The filter, or one that lets everything pass where there is none.
    pub fn of(filter: Option<&filter::Filter>) -> Filter {
        let mut all = Filter::new_zeroed();
        let terms = filter.map_or(&[][..], filter::Filter::terms);
        all.terms = terms.len() as u32;
        for (place, term) in all.term.iter_mut().zip(terms) {
            *place = FilterTerm::of(term);
        }
        all
    }
}

impl FilterTerm {
    fn of(term: &Term) -> FilterTerm {
        let mut all = FilterTerm::new_zeroed();
        match *term {
            Term::And => all.kind = AND,
            Term::Or => all.kind = OR,
            Term::Not => all.kind = NOT,
            Term::Family(family) => {
                all.kind = FAMILY;
                all.family = version(family);
            }
            Term::Proto { family, number } => {
                all.kind = PROTO;
                all.family = family.map_or(0, version);
                all.proto = number;
            }
            Term::Address {
                side,
                family,
                value,
                mask,
            } => {
                all.kind = ADDRESS;
                all.side = number(side);
                all.family = version(family);
                all.value = words(value);
                all.mask = words(mask);
            }
            Term::Port {
                transport,
                side,
                first,
                last,
            } => {
                all.kind = PORT;
                all.side = number(side);
                all.proto = transport.map_or(0, filter::Transport::number);
                all.first = first;
                all.last = last;
            }
            Term::Vlan(id) => {
                all.kind = VLAN;
                all.first = TAGGED | id.unwrap_or(0);
                all.last = TAGGED | id.map_or(0, |_| TAG_ID);
            }
        }
        all
    }
}

fn version(family: Family) -> u8 {
    match family {
        Family::V4 => 4,
        Family::V6 => 6,
    }
}

fn number(side: Side) -> u8 {
    match side {
        Side::Source => 1,
        Side::Destination => 2,
        Side::Either => 3,
        Side::Both => 4,
    }
}

/// Bytes in network order as the words that a key is compared by.
fn words(bytes: [u8; 16]) -> [u64; 2] {
    zerocopy::transmute!(bytes)
}
