//! Which packets are counted: a small subset of the language of pcap-filter(7), turned into terms.
//!
//! A filter reads a packet's parsed key and its outermost VLAN tag, never its bytes, so no term
//! changes what another one means. The terms are in postfix order: what evaluates them needs one
//! bit a value, and no recursion.

mod error;
mod parser;
mod print;
mod qualifiers;
pub mod reference;
mod value;
mod words;

pub use error::SyntaxError;

/// Terms that a filter has at most, operators included.
pub const MOST_TERMS: usize = 32;

/// A filter: at least one and at most [`MOST_TERMS`] terms in postfix order, which leave one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<Term>,
}

/// A question about a packet, or an operator over the answers before it.
///
/// A packet without a key (ARP, a broken header) answers every question but that for its tag
/// with no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// Whether it is IP of this version.
    Family(Family),
    /// Whether it is IP, of this version where one is given, that carries this protocol.
    Proto {
        /// The version; any where there is none.
        family: Option<Family>,
        /// The protocol's number.
        number: u8,
    },
    /// Whether an address, masked, is this one.
    Address {
        /// Whose address.
        side: Side,
        /// The version that the address is of.
        family: Family,
        /// The address in network byte order; IPv4 in the first four bytes, the rest 0. No bit is
        /// set that `mask` leaves out.
        value: [u8; 16],
        /// The bits that are compared.
        mask: [u8; 16],
    },
    /// Whether the protocol has ports, and one of them lies here. Later fragments, and packets
    /// that are cut before their ports, have port 0.
    Port {
        /// The protocol; any with ports where there is none.
        transport: Option<Transport>,
        /// Whose port.
        side: Side,
        /// The lowest port, host byte order.
        first: u16,
        /// The highest port; not below `first`.
        last: u16,
    },
    /// Whether it carries a VLAN tag, and the outermost has this id where one is given.
    Vlan(Option<u16>),
    /// Whether both of the last two answers are yes.
    And,
    /// Whether one of the last two answers is yes.
    Or,
    /// Whether the last answer is no.
    Not,
}

/// A version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Which end of a packet's way is asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// Its source.
    Source,
    /// Its destination.
    Destination,
    /// One of the two.
    #[default]
    Either,
    /// Each of the two.
    Both,
}

/// A protocol that may stand before `port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Transport {
    /// The number in an IP header.
    pub fn number(self) -> u8 {
        match self {
            Transport::Tcp => 6,
            Transport::Udp => 17,
            Transport::Sctp => 132,
        }
    }
}

impl Filter {
    /// Reads a filter as it is written on a command line; words are split by blanks.
    ///
    /// # Errors
    /// Where the text is no filter of this subset, or one of more than [`MOST_TERMS`] terms.
    pub fn parse(text: &str) -> Result<Filter, SyntaxError> {
        parser::terms(text).map(|terms| Filter { terms })
    }

    /// The terms, in the order in which they are evaluated.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }
}

/// Whether a word of a command line can only be the beginning of a filter, not the name of something
/// else; addresses and numbers are not among these. The word may hold a whole filter.
pub fn is_keyword(word: &str) -> bool {
    words::split(word)
        .first()
        .is_some_and(|first| words::beginnings().contains(&first.text))
}

#[cfg(test)]
mod tests;
