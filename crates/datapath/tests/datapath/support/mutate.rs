//! Frames that nobody would send: sound ones of every kind that the parser knows, broken at random.

/// Numbers that look random and are the same every time: xorshift64* (Vigna 2016).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }
}

/// An Ethernet header with these bytes of tags, labels or a session between it and the ethertype.
fn ethernet(between: &[u8], ethertype: u16) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    frame.extend_from_slice(between);
    frame.extend_from_slice(&ethertype.to_be_bytes());
    frame
}

/// An IPv4 header with `options` bytes of options, for `payload` bytes of `proto`.
fn ipv4(options: usize, fragment: u16, proto: u8, payload: usize) -> Vec<u8> {
    let mut header = vec![0x45 + (options / 4) as u8, 0];
    header.extend_from_slice(&((20 + options + payload) as u16).to_be_bytes());
    header.extend_from_slice(&[0, 1]);
    header.extend_from_slice(&fragment.to_be_bytes());
    header.extend_from_slice(&[64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    header.resize(20 + options, 1);
    header
}

/// An IPv6 header, and extension headers of `(kind, length byte)`, before `payload` of `proto`.
fn ipv6(chain: &[(u8, u8)], proto: u8, payload: usize) -> Vec<u8> {
    let size = |(kind, length): &(u8, u8)| match kind {
        44 => 8,
        51 => (usize::from(*length) + 2) * 4,
        _ => (usize::from(*length) + 1) * 8,
    };
    let extensions: usize = chain.iter().map(size).sum();
    let mut header = vec![0x60, 0, 0, 0];
    header.extend_from_slice(&((extensions + payload) as u16).to_be_bytes());
    header.extend_from_slice(&[chain.first().map_or(proto, |first| first.0), 64]);
    header.extend_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    header.extend_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    for (place, extension) in chain.iter().enumerate() {
        let end = header.len() + size(extension);
        header.push(chain.get(place + 1).map_or(proto, |next| next.0));
        header.push(if extension.0 == 44 { 0 } else { extension.1 });
        header.resize(end, 0);
    }
    header
}

/// A transport header with ports, and some payload.
fn transport(bytes: usize) -> Vec<u8> {
    let mut header = vec![0x13, 0x88, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x12];
    header.resize(bytes, 0xaa);
    header
}

/// Sound frames of every kind.
pub fn seeds() -> Vec<Vec<u8>> {
    let vlan: &[u8] = &[0x81, 0, 0, 5];
    let qinq: &[u8] = &[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6];
    let four: &[u8] = &[
        0x91, 0, 0, 5, 0x81, 0, 0, 6, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 8,
    ];
    let mut seeds = Vec::new();
    let mut add = |parts: &[&[u8]]| seeds.push(parts.concat());
    for between in [&[][..], vlan, qinq, four] {
        for proto in [6, 17, 132, 1] {
            let link = ethernet(between, 0x0800);
            add(&[&link, &ipv4(0, 0x4000, proto, 40), &transport(40)]);
            let link = ethernet(between, 0x86dd);
            add(&[&link, &ipv6(&[], proto, 40), &transport(40)]);
        }
    }
    let (v4, v6) = (ethernet(&[], 0x0800), ethernet(&[], 0x86dd));
    for options in [4, 12, 40] {
        add(&[&v4, &ipv4(options, 0, 6, 30), &transport(30)]);
    }
    for fragment in [0x2000, 0x2001, 0x00b9, 0x1fff] {
        add(&[&v4, &ipv4(0, fragment, 17, 64), &transport(64)]);
    }
    let chains: [&[(u8, u8)]; 10] = [
        &[(0, 0)],
        &[(0, 0), (43, 1)],
        &[(44, 0)],
        &[(51, 4), (60, 0)],
        &[(0, 0), (60, 2), (43, 0), (44, 0), (51, 1), (60, 0)],
        &[(60, 0); 8],
        &[(60, 0); 9],
        &[(60, 0); 16],
        &[(60, 255), (60, 255)],
        &[(60, 255); 8],
    ];
    for chain in chains {
        for proto in [6, 17, 58] {
            add(&[&v6, &ipv6(chain, proto, 40), &transport(40)]);
        }
    }
    for labels in [1usize, 2, 8, 9] {
        let mut stack = ethernet(&[], 0x8847);
        for label in 1..=labels {
            stack.extend_from_slice(&[0, 1, u8::from(label == labels), 64]);
        }
        add(&[&stack, &ipv4(0, 0, 6, 40), &transport(40)]);
        add(&[&stack, &ipv6(&[], 17, 40), &transport(40)]);
    }
    let session = [&ethernet(&[], 0x8864)[..], &[0x11, 0, 0, 1, 0, 62]].concat();
    add(&[&session, &[0, 0x21], &ipv4(0, 0, 6, 40), &transport(40)]);
    add(&[&session, &[0, 0x57], &ipv6(&[], 17, 40), &transport(40)]);
    add(&[&session, &[0xc0, 0x21], &[0; 40]]);
    add(&[&ethernet(&[], 0x0806), &[0; 46]]);
    add(&[&ethernet(&[], 0x0026), &[0x42; 38]]);
    // In several pieces where the program meets them.
    add(&[&v4, &ipv4(0, 0, 6, 8900), &transport(8900)]);
    add(&[
        &v6,
        &ipv6(&[(0, 200), (60, 255)], 6, 8000),
        &transport(8000),
    ]);
    seeds
}

/// Breaks a seed in one to four ways; at least `least` bytes are left.
pub fn mutate(random: &mut Random, seeds: &[Vec<u8>], frame: &mut Vec<u8>, least: usize) {
    const TELLING: [u8; 16] = [
        0, 1, 4, 5, 6, 8, 0x0f, 0x40, 0x45, 0x60, 0x81, 0x88, 44, 60, 0x7f, 0xff,
    ];
    frame.clear();
    frame.extend_from_slice(&seeds[random.below(seeds.len())]);
    for _ in 0..=random.below(4) {
        if frame.is_empty() {
            return;
        }
        // Most that matters is said by the first bytes.
        let reach = if random.below(4) == 0 {
            frame.len()
        } else {
            frame.len().min(96)
        };
        let at = random.below(reach);
        match random.below(8) {
            0 => frame[at] ^= 1 << random.below(8),
            1 => frame[at] = random.next() as u8,
            2 | 3 => frame[at] = TELLING[random.below(TELLING.len())],
            4 => frame.truncate(at.max(least)),
            5 => frame.insert(at, TELLING[random.below(TELLING.len())]),
            6 if frame.len() > least => drop(frame.remove(at)),
            _ => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                let length = random
                    .below(16)
                    .min(other.len() - from)
                    .min(frame.len() - at);
                frame[at..at + length].copy_from_slice(&other[from..from + length]);
            }
        }
    }
}
