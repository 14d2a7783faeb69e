//! Writes captures: every field as the test wants it, right or wrong.

/// Byte order of what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

pub const ORDERS: [Order; 2] = [Order::Little, Order::Big];

impl Order {
    pub fn u16(self, number: u16) -> [u8; 2] {
        match self {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        }
    }

    pub fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        }
    }

    pub fn i64(self, number: i64) -> [u8; 8] {
        match self {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        }
    }
}

pub const MICROS: u32 = 0xa1b2_c3d4;
pub const NANOS: u32 = 0xa1b2_3c4d;
pub const MODIFIED: u32 = 0xa1b2_cd34;

/// A legacy file being written.
pub struct Pcap {
    pub bytes: Vec<u8>,
    order: Order,
    modified: bool,
}

impl Pcap {
    pub fn new(order: Order, magic: u32, network: u32) -> Pcap {
        let mut bytes = order.u32(magic).to_vec();
        bytes.extend(order.u16(2));
        bytes.extend(order.u16(4));
        for number in [0, 0, 65535, network] {
            bytes.extend(order.u32(number));
        }
        Pcap {
            bytes,
            order,
            modified: magic == MODIFIED,
        }
    }

    /// A record whose header says what it likes.
    pub fn raw(mut self, time: [u32; 2], captured: u32, original: u32, data: &[u8]) -> Pcap {
        for number in [time[0], time[1], captured, original] {
            self.bytes.extend(self.order.u32(number));
        }
        if self.modified {
            self.bytes.extend([0, 0, 0, 7, 8, 0, 4, 0xee]);
        }
        self.bytes.extend(data);
        self
    }

    pub fn record(self, time: [u32; 2], data: &[u8]) -> Pcap {
        let length = data.len() as u32;
        self.raw(time, length, length, data)
    }
}

/// A pcapng file being written, in the order of the section that was opened last.
pub struct Pcapng {
    pub bytes: Vec<u8>,
    order: Order,
}

impl Pcapng {
    pub fn new(order: Order) -> Pcapng {
        let bytes = Vec::new();
        Pcapng { bytes, order }.section(order)
    }

    /// Any block; its body is padded to 4 bytes.
    pub fn block(mut self, kind: u32, body: &[u8]) -> Pcapng {
        let padded = body.len().next_multiple_of(4);
        let length = self.order.u32(padded as u32 + 12);
        self.bytes.extend(self.order.u32(kind));
        self.bytes.extend(length);
        self.bytes.extend(body);
        self.bytes.resize(self.bytes.len() + padded - body.len(), 0);
        self.bytes.extend(length);
        self
    }

    pub fn section(mut self, order: Order) -> Pcapng {
        self.order = order;
        let mut body = order.u32(0x1a2b_3c4d).to_vec();
        body.extend(order.u16(1));
        body.extend(order.u16(0));
        body.extend(order.i64(-1));
        self.block(0x0a0d_0d0a, &body)
    }

    /// An interface with options `(code, value)`.
    pub fn interface(self, link: u16, limit: u32, options: &[(u16, &[u8])]) -> Pcapng {
        let order = self.order;
        let mut body = order.u16(link).to_vec();
        body.extend([0, 0]);
        body.extend(order.u32(limit));
        body.extend(self.options(options));
        self.block(1, &body)
    }

    fn options(&self, options: &[(u16, &[u8])]) -> Vec<u8> {
        let mut all = Vec::new();
        for (code, value) in options {
            all.extend(self.order.u16(*code));
            all.extend(self.order.u16(value.len() as u16));
            all.extend(*value);
            all = padded(all);
        }
        all
    }

    /// An Ethernet interface that counts nanoseconds.
    pub fn ethernet(self) -> Pcapng {
        self.interface(1, 0, &[(2, b"eth0"), (9, &[9]), (0, &[])])
    }

    pub fn enhanced(self, interface: u32, stamp: u64, original: u32, data: &[u8]) -> Pcapng {
        self.enhanced_raw(interface, stamp, data.len() as u32, original, data)
    }

    pub fn enhanced_raw(
        self,
        interface: u32,
        stamp: u64,
        captured: u32,
        original: u32,
        data: &[u8],
    ) -> Pcapng {
        let mut body = self.order.u32(interface).to_vec();
        body.extend(self.packet_fields(stamp, captured, original, data));
        let flags = self.order.u32(1);
        let options = self.options(&[(2, &flags), (0, &[])]);
        self.block(6, &[padded(body), options].concat())
    }

    /// A packet of no time and no bytes, enhanced or obsolete, with options.
    pub fn packet_with(self, kind: u32, interface: u16, options: &[(u16, &[u8])]) -> Pcapng {
        let body = match kind {
            6 => self.order.u32(interface.into()).to_vec(),
            _ => [self.order.u16(interface), self.order.u16(0)].concat(),
        };
        let fields = self.packet_fields(0, 0, 0, b"");
        let options = self.options(options);
        self.block(kind, &[body, fields, options].concat())
    }

    pub fn obsolete(self, interface: u16, stamp: u64, original: u32, data: &[u8]) -> Pcapng {
        let mut body = self.order.u16(interface).to_vec();
        body.extend(self.order.u16(0xffff));
        body.extend(self.packet_fields(stamp, data.len() as u32, original, data));
        self.block(2, &body)
    }

    pub fn simple(self, original: u32, data: &[u8]) -> Pcapng {
        let mut body = self.order.u32(original).to_vec();
        body.extend(data);
        self.block(3, &body)
    }

    fn packet_fields(&self, stamp: u64, captured: u32, original: u32, data: &[u8]) -> Vec<u8> {
        let mut fields = Vec::new();
        for number in [(stamp >> 32) as u32, stamp as u32, captured, original] {
            fields.extend(self.order.u32(number));
        }
        fields.extend(data);
        fields
    }
}

fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
