//! The options that may end a block: each a code and a value.

use crate::format::order::Order;

const END: u16 = 0;
/// Code and length, 16 bits each.
const HEAD: usize = 4;

/// The options of a block, in their order, up to the one that ends them.
#[derive(Clone, Debug)]
pub(super) struct Options<'a> {
    rest: &'a [u8],
    order: Order,
}

/// An option that is longer than what is left of its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong {
    pub(super) code: u16,
    /// Bytes that its value is said to have.
    pub(super) length: usize,
}

impl<'a> Options<'a> {
    pub(super) fn new(bytes: &'a [u8], order: Order) -> Self {
        Options { rest: bytes, order }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<(u16, &'a [u8]), TooLong>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.len() < HEAD {
            return None;
        }
        let code = self.order.u16(self.rest, 0);
        let length = usize::from(self.order.u16(self.rest, 2));
        if code == END {
            return None;
        }
        let value = self.rest.get(HEAD..HEAD + length);
        // The padding of the last may be missing.
        let padded = HEAD + length.next_multiple_of(4);
        self.rest = self.rest.get(padded..).unwrap_or_default();
        Some(
            value
                .map(|value| (code, value))
                .ok_or(TooLong { code, length }),
        )
    }
}
