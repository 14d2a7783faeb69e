//! What may lie between the MAC header and IP: VLAN tags, MPLS labels, PPPoE.

use windrow_core::reason::Reason;

use super::Expect::{Flow, Other};
use super::frame::{DST4, SRC4, TCP, UDP, ethernet, ipv4, key, packet4, packet6, tcp};
use super::{case, check, flow4, flow6};

/// Tags and what is under them, as one frame.
fn tagged(tpids: &[u16], ethertype: u16, inner: &[u8]) -> Vec<u8> {
    let mut frame = ethernet(tpids.first().copied().unwrap_or(ethertype));
    for place in 0..tpids.len() {
        let next = tpids.get(place + 1).copied().unwrap_or(ethertype);
        frame.extend([0, place as u8 + 1]);
        frame.extend(next.to_be_bytes());
    }
    frame.extend(inner);
    frame
}

#[test]
fn vlan_tags() {
    let mut cases = Vec::new();
    for tpid in [0x8100u16, 0x88a8, 0x9100] {
        for depth in 1..=5 {
            let frame = tagged(&vec![tpid; depth], 0x0800, &packet4());
            let expect = if depth > 4 {
                Other(Reason::DeepVlan)
            } else {
                flow4(7, 9, UDP)
            };
            cases.push(case(&format!("{depth} tags {tpid:04x}"), &[&frame], expect));
        }
    }
    let mixed = tagged(&[0x88a8, 0x8100, 0x9100], 0x86dd, &packet6());
    cases.push(case("mixed tags", &[&mixed], flow6(7, 9, UDP)));
    let arp = tagged(&[0x8100], 0x0806, &[]);
    let reason = Reason::Ethertype(0x0806);
    cases.push(case("a tag before ARP", &[&arp], Other(reason)));
    let llc = tagged(&[0x8100], 38, &[0x42, 0x42, 3]);
    cases.push(case("a tag before LLC", &[&llc], Other(Reason::Llc)));
    check("vlan_tags", &cases);
}

#[test]
fn mpls_and_pppoe() {
    let mpls = |labels: usize, inner: &[u8]| {
        let mut frame = ethernet(0x8847);
        for label in 1..=labels {
            frame.extend([0, 1, u8::from(label == labels), 64]);
        }
        [&frame[..], inner].concat()
    };
    let session = |protocol: [u8; 2], inner: &[u8]| {
        let header = [0x11, 0, 0, 1, 0, 30, protocol[0], protocol[1]];
        [&ethernet(0x8864)[..], &header, inner].concat()
    };
    let lcp = [9, 1, 0, 8, 0, 0, 0, 0];
    let upstream = [&ethernet(0x8848)[..], &[0, 1, 1, 64], &packet6()].concat();
    let discovery = Reason::Ethertype(0x8863);
    check(
        "mpls_and_pppoe",
        &[
            case("1 label", &[&mpls(1, &packet4())], flow4(7, 9, UDP)),
            case("3 labels", &[&mpls(3, &packet6())], flow6(7, 9, UDP)),
            case("8 labels", &[&mpls(8, &packet4())], flow4(7, 9, UDP)),
            case("9 labels", &[&mpls(9, &packet4())], Other(Reason::DeepMpls)),
            case("upstream label", &[&upstream], flow6(7, 9, UDP)),
            case(
                "pseudowire",
                &[&mpls(1, &[0; 40])],
                Other(Reason::MplsPayload),
            ),
            case(
                "PPPoE, IPv4",
                &[&session([0, 0x21], &packet4())],
                flow4(7, 9, UDP),
            ),
            case(
                "PPPoE, IPv6",
                &[&session([0, 0x57], &packet6())],
                flow6(7, 9, UDP),
            ),
            case(
                "PPPoE, LCP",
                &[&session([0xc0, 0x21], &lcp)],
                Other(Reason::PppoePayload),
            ),
            case("PPPoE discovery", &[&ethernet(0x8863)], Other(discovery)),
        ],
    );
}

#[test]
fn a_frame_cut_at_every_byte() {
    let packet = [ipv4(TCP, 20), tcp(80, 81, 0x18)].concat();
    let frame = tagged(&[0x88a8, 0x8100], 0x0800, &packet);
    let cases: Vec<_> = (14..=frame.len())
        .map(|length| {
            let expect = match length {
                0..22 => Other(Reason::L2Cut),
                22..42 => Other(Reason::BadIp),
                42..46 => flow4(0, 0, TCP),
                46..56 => flow4(80, 81, TCP),
                _ => Flow(key(SRC4, DST4, 80, 81, TCP), 0x18),
            };
            let name = format!("cut to {length} bytes");
            (name, frame[..length].to_vec(), expect)
        })
        .collect();
    check("a_frame_cut_at_every_byte", &cases);
}
