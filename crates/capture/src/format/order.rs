//! Numbers in either byte order.

/// The byte order of a file or section: that of the machine that wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    /// The 16-bit number at `at`; 0 where `bytes` do not reach, which callers have ruled out.
    #[inline]
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        match self {
            Order::Little => u16::from_le_bytes(field(bytes, at)),
            Order::Big => u16::from_be_bytes(field(bytes, at)),
        }
    }

    /// The 32-bit number at `at`, likewise.
    #[inline]
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        match self {
            Order::Little => u32::from_le_bytes(field(bytes, at)),
            Order::Big => u32::from_be_bytes(field(bytes, at)),
        }
    }

    /// The signed 64-bit number at `at`, likewise.
    pub(crate) fn i64(self, bytes: &[u8], at: usize) -> i64 {
        match self {
            Order::Little => i64::from_le_bytes(field(bytes, at)),
            Order::Big => i64::from_be_bytes(field(bytes, at)),
        }
    }
}

#[inline]
fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let from = bytes.get(at..).unwrap_or_default();
    from.first_chunk().copied().unwrap_or([0; N])
}
