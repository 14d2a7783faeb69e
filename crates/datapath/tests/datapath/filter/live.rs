//! Tags that the kernel has taken off a frame before the program sees it.

use std::time::{Duration, Instant};

use windrow_core::filter::Filter;
use windrow_core::tally::Tally;
use windrow_datapath::kernel::{Direction, Grace, LinkLayer};
use windrow_datapath::{Datapath, Epoch};
use windrow_lab::{Namespace, RawSocket, VethOptions, VethPair};

use super::kernel::{load, loaded};

const PATIENCE: Duration = Duration::from_secs(30);

/// A UDP frame of 60 bytes and its tags, each a type and an id.
fn frame(tags: &[(u16, u16)]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    for (kind, id) in tags {
        frame.extend(kind.to_be_bytes());
        // With a priority, which is no part of the id.
        frame.extend((id | 0xe000).to_be_bytes());
    }
    frame.extend([8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0]);
    frame.extend([10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 2, 0, 26, 0, 0]);
    frame.resize(60 + 4 * tags.len(), 0);
    frame
}

/// What of one untagged, two tagged and four doubly tagged frames passes a filter at an interface.
fn passing(test: &str, text: &str) -> Option<Tally> {
    let filter = Filter::parse(text).unwrap();
    let mut datapath = loaded(test, load(&filter), &filter)?;
    let (from, to) = (Namespace::new().unwrap(), Namespace::new().unwrap());
    let pair = VethPair::new(&from, "w0", &to, "w1", VethOptions::default()).unwrap();
    let end = &pair.b;
    let (seen, filtered) = to
        .run(|| {
            let layer = LinkLayer::Ethernet;
            let attached =
                datapath
                    .attacher()
                    .attach_tc(&end.name, end.index, layer, Direction::In);
            let _attached = attached.unwrap();
            let sent = from.run(|| send(&pair.a.name)).unwrap();
            count(&mut datapath, sent)
        })
        .unwrap();
    assert_eq!(seen, Tally::new(7, 60 + 2 * 64 + 4 * 68));
    Some(seen - filtered)
}

/// Sends them, and says how many.
fn send(interface: &str) -> u64 {
    let socket = RawSocket::open(interface).unwrap();
    let (outer, inner) = ((0x88a8, 100), (0x8100, 7));
    let kinds = [(1, vec![]), (2, vec![inner]), (4, vec![outer, inner])];
    for (times, tags) in &kinds {
        let frame = frame(tags);
        (0..*times).for_each(|_| socket.send(&frame).unwrap());
    }
    kinds.iter().map(|(times, _)| *times).sum()
}

/// All that is seen, and what of it is filtered, once so many packets have arrived.
fn count(datapath: &mut Datapath, sent: u64) -> (Tally, Tally) {
    let (grace, began) = (Grace::new().unwrap(), Instant::now());
    let (mut seen, mut filtered, mut epoch) = (Tally::ZERO, Tally::ZERO, Epoch(0));
    while seen.packets < sent {
        assert!(began.elapsed() < PATIENCE, "{seen:?} of {sent} arrived");
        datapath.flipper().flip(epoch.next());
        grace.wait().unwrap();
        for slice in datapath.drain(epoch).unwrap().slices() {
            seen += slice.seen;
            filtered += slice.filtered;
        }
        epoch = epoch.next();
    }
    (seen, filtered)
}

#[test]
fn a_tag_in_metadata_is_the_outermost() {
    let test = "a_tag_in_metadata_is_the_outermost";
    let (one, two, four) = (Tally::new(1, 60), Tally::new(2, 128), Tally::new(4, 272));
    for (filter, want) in [
        ("vlan", two + four),
        ("vlan 7", two),
        ("vlan 100", four),
        ("not vlan and udp port 2", one),
        ("vlan 100 and host 10.0.0.1 and src port 1", four),
    ] {
        let Some(got) = passing(test, filter) else {
            return;
        };
        assert_eq!(got, want, "{filter}");
    }
}
