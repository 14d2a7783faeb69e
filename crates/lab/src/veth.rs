//! Veth pairs between namespaces, by rtnetlink. Not a general configuration tool: it makes what
//! the laboratory needs. Addresses are in [`crate::address`].

use std::{
    io,
    os::fd::{AsFd, AsRawFd},
    sync::atomic::{AtomicU16, Ordering},
    thread,
    time::{Duration, Instant},
};

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::{
    RouteNetlinkMessage,
    link::{InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage},
};
use windrow_netif::{Interface, request::request};

use crate::{error::Error, namespace::Namespace, offload};

/// Locally administered, "lab", then the pair's number and the end.
const MAC_PREFIX: [u8; 4] = [0x02, 0x6c, 0x61, 0x62];
/// The last bit tells the two ends of a pair apart.
const MAC_END: u8 = 1;
const IFINFOMSG: usize = 16;
const IFLA_ADDRESS: u16 = 1;
const IFF_RUNNING: u32 = 0x40;
/// The kernel looks at links once a second at least.
const RUNNING_WITHIN: Duration = Duration::from_secs(30);
static PAIRS: AtomicU16 = AtomicU16::new(0);

/// How the two ends of a pair are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VethOptions {
    /// Receive queues of each end; an XDP frame goes to queue (CPU modulo queues).
    pub rx_queues: u32,
    /// Transmit queues of each end.
    pub tx_queues: u32,
    /// Bytes of payload behind the link header.
    pub mtu: u32,
    /// Segmentation (TSO, GSO) and transmit checksums left to the device, as a new veth has them.
    /// Off: every frame is as on a wire.
    pub offloads: bool,
    /// Generic receive offload. It makes a veth poll (NAPI) without an XDP program, but may merge
    /// frames of one flow.
    pub gro: bool,
    /// Resolve addresses. Off: no ARP, no neighbour solicitation, and no multicast report about an
    /// IPv6 address, so that an idle pair is silent; neighbours are added by hand.
    pub arp: bool,
}

impl Default for VethOptions {
    /// One queue each, an MTU of 1,500 bytes, no offloads, no GRO, no ARP.
    fn default() -> Self {
        Self {
            rx_queues: 1,
            tx_queues: 1,
            mtu: 1500,
            offloads: false,
            gro: false,
            arp: false,
        }
    }
}

/// One end of a pair.
#[derive(Debug, Clone)]
pub struct End {
    /// Where it is.
    pub namespace: Namespace,
    /// Its name there.
    pub name: String,
    /// Its index there.
    pub index: u32,
    /// Its address, in wire order.
    pub mac: [u8; 6],
}

/// Two connected interfaces, up. Dropping it deletes both.
#[derive(Debug)]
pub struct VethPair {
    /// The end in the first namespace.
    pub a: End,
    /// The end in the second namespace.
    pub b: End,
    deleted: bool,
}

impl VethPair {
    /// Makes `a_name` in `a` and `b_name` in `b`, connected, with fixed locally administered
    /// addresses, and sets both up. The namespaces may be the same.
    ///
    /// # Errors
    /// [`Error::Netlink`] when a name is taken or veth is not available.
    pub fn new(
        a: &Namespace,
        a_name: &str,
        b: &Namespace,
        b_name: &str,
        options: VethOptions,
    ) -> Result<Self, Error> {
        let [high, low] = PAIRS.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let [w, x, y, z] = MAC_PREFIX;
        // The pair's number takes fifteen bits, the end the last one.
        let number = (u16::from_be_bytes([high, low]) << 1).to_be_bytes();
        let a_mac = [w, x, y, z, number[0], number[1]];
        let b_mac = peer_mac(a_mac);

        let mut peer = end_message(b_name, b_mac, options);
        peer.attributes
            .push(LinkAttribute::NetNsFd(b.as_fd().as_raw_fd()));
        let mut message = end_message(a_name, a_mac, options);
        message.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
        ]));
        let what = format!("making the veth pair {a_name:?}, {b_name:?}");
        a.run(|| {
            let message = RouteNetlinkMessage::NewLink(message);
            request(&what, message, NLM_F_CREATE | NLM_F_EXCL)
        })??;

        // From here on Drop cleans up, whatever fails.
        let end = |namespace: &Namespace, name: &str, mac| End {
            namespace: namespace.clone(),
            name: name.to_owned(),
            index: 0,
            mac,
        };
        let mut pair = Self {
            a: end(a, a_name, a_mac),
            b: end(b, b_name, b_mac),
            deleted: false,
        };
        // Both ends before either is up: a veth decides then whether its peer polls.
        for end in [&pair.a, &pair.b] {
            end.namespace.run(|| {
                // Before the first address: an interface without ARP joins no group for it.
                let arp = if options.arp {
                    LinkFlags::empty()
                } else {
                    LinkFlags::Noarp
                };
                set_flags(named(&end.name)?.index, arp, LinkFlags::Noarp, "preparing")?;
                offload::set(&end.name, options)
            })??;
        }
        for end in [&mut pair.a, &mut pair.b] {
            end.index = end.namespace.run(|| up(&end.name))??;
        }
        for end in [&pair.a, &pair.b] {
            end.namespace.run(|| wait_running(end.index))??;
        }
        Ok(pair)
    }

    /// Deletes both ends now, and says so when that fails.
    ///
    /// # Errors
    /// [`Error::Netlink`] when the pair is gone already.
    pub fn delete(mut self) -> Result<(), Error> {
        self.remove()
    }

    fn remove(&mut self) -> Result<(), Error> {
        if std::mem::replace(&mut self.deleted, true) {
            return Ok(());
        }
        let what = format!(
            "deleting the veth pair {:?}, {:?}",
            self.a.name, self.b.name
        );
        let mut message = LinkMessage::default();
        let name = LinkAttribute::IfName(self.a.name.clone());
        message.attributes.push(name);
        self.a
            .namespace
            .run(|| request(&what, RouteNetlinkMessage::DelLink(message), 0))??;
        Ok(())
    }
}

impl Drop for VethPair {
    fn drop(&mut self) {
        // Nothing is left to do about an error: the namespaces take the interfaces with them.
        let _ = self.remove();
    }
}

fn end_message(name: &str, mac: [u8; 6], options: VethOptions) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.attributes.extend([
        LinkAttribute::IfName(name.to_owned()),
        LinkAttribute::Address(mac.to_vec()),
        LinkAttribute::Mtu(options.mtu),
        LinkAttribute::NumRxQueues(options.rx_queues),
        LinkAttribute::NumTxQueues(options.tx_queues),
    ]);
    message
}

/// The address of the other end of a lab pair.
pub(crate) fn peer_mac(mut mac: [u8; 6]) -> [u8; 6] {
    mac[5] ^= MAC_END;
    mac
}

/// The address of an end of a lab pair in the calling thread's namespace.
pub(crate) fn lab_mac(index: u32) -> Result<[u8; 6], Error> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    let what = format!("reading the address of interface number {index}");
    let answers = request(&what, RouteNetlinkMessage::GetLink(message), 0)?;
    answers
        .iter()
        .flat_map(|answer| answer.attributes(IFINFOMSG))
        .find(|(kind, _)| *kind == IFLA_ADDRESS)
        .and_then(|(_, address)| <[u8; 6]>::try_from(address).ok())
        .filter(|mac| mac.starts_with(&MAC_PREFIX))
        .ok_or(Error::NotLab { index })
}

/// The interface of that name in the calling thread's namespace.
pub(crate) fn named(name: &str) -> Result<Interface, Error> {
    windrow_netif::by_name(name)?.ok_or_else(|| Error::NoInterface {
        name: name.to_owned(),
    })
}

/// Sets an interface of the calling thread's namespace up; gives its index.
pub(crate) fn up(name: &str) -> Result<u32, Error> {
    let index = named(name)?.index;
    set_flags(index, LinkFlags::Up, LinkFlags::Up, "setting up")?;
    Ok(index)
}

/// Waits until the kernel has seen the other end; what is sent before that is lost.
fn wait_running(index: u32) -> Result<(), Error> {
    let patience = Instant::now() + RUNNING_WITHIN;
    loop {
        let mut message = LinkMessage::default();
        message.header.index = index;
        let what = format!("reading the state of interface number {index}");
        let answers = request(&what, RouteNetlinkMessage::GetLink(message), 0)?;
        let flags = answers
            .first()
            .and_then(|answer| answer.body.get(8..)?.first_chunk())
            .map_or(0, |bytes| u32::from_ne_bytes(*bytes));
        if flags & IFF_RUNNING != 0 {
            return Ok(());
        }
        if Instant::now() > patience {
            let late = io::Error::from(io::ErrorKind::TimedOut);
            return Err(Error::system("waiting for a veth pair to run")(late));
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn set_flags(index: u32, flags: LinkFlags, mask: LinkFlags, what: &str) -> Result<(), Error> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message.header.flags = flags;
    message.header.change_mask = mask;
    let what = format!("{what} interface number {index}");
    request(&what, RouteNetlinkMessage::SetLink(message), 0)?;
    Ok(())
}
