//! One frame, parsed a second time on top of etherparse: both must come to the same key.

use windrow_core::flow::FlowKey;

use crate::alone::{Alone, Verdict};

mod layers;
mod whole;

pub(crate) use layers::by_layers;
pub(crate) use whole::of_whole_packet;

/// What a second opinion says of a frame that has a key; `None` where it says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opinion {
    pub(crate) key: FlowKey,
    /// Whether the key's protocol is meant, and its ports.
    pub(crate) proto: bool,
    pub(crate) ports: bool,
    pub(crate) tcp_flags: Option<u8>,
    pub(crate) deep_chain: Option<bool>,
}

/// How much of a frame's verdict could be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The whole key, with etherparse's own walk through the frame as well as with ours over its
    /// headers.
    Twice,
    /// The whole key, or the reason why there is none.
    Once,
    /// The addresses alone.
    Addresses,
}

/// Compares the engine's verdict on a frame with two made from etherparse's.
///
/// # Panics
/// When they differ.
pub fn reference(data: &[u8]) {
    compare(data);
}

/// As [`reference`], and says how much of it there was to compare.
///
/// # Panics
/// When the engine's verdict and the others differ.
pub fn compare(frame: &[u8]) -> Compared {
    let verdict = Alone::new().verdict(frame);
    let by_layers = by_layers(frame);
    let whole = of_whole_packet(frame);
    if let Some(opinion) = &whole {
        assert_agrees(&verdict, opinion, frame);
    }
    match by_layers {
        Err(reason) => {
            assert_eq!(verdict, Verdict::Other(reason), "{frame:02x?}");
            assert_eq!(whole, None, "without a key for {reason}: {frame:02x?}");
            Compared::Once
        }
        Ok(opinion) => {
            assert_agrees(&verdict, &opinion, frame);
            match whole {
                _ if !opinion.ports => Compared::Addresses,
                Some(whole) if whole.ports => Compared::Twice,
                _ => Compared::Once,
            }
        }
    }
}

fn assert_agrees(verdict: &Verdict, opinion: &Opinion, frame: &[u8]) {
    let Verdict::Flow {
        key,
        tcp_flags,
        deep_chain,
    } = *verdict
    else {
        panic!("{verdict:?}, but {opinion:?}: {frame:02x?}")
    };
    let compared = Opinion {
        key: FlowKey {
            src: key.src,
            dst: key.dst,
            proto: if opinion.proto {
                key.proto
            } else {
                opinion.key.proto
            },
            sport: if opinion.ports {
                key.sport
            } else {
                opinion.key.sport
            },
            dport: if opinion.ports {
                key.dport
            } else {
                opinion.key.dport
            },
            ..FlowKey::NOTHING
        },
        tcp_flags: opinion.tcp_flags.map(|_| tcp_flags),
        deep_chain: opinion.deep_chain.map(|_| deep_chain),
        ..*opinion
    };
    assert_eq!(compared, *opinion, "{frame:02x?}");
}

#[cfg(test)]
mod tests;
