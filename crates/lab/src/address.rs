//! Addresses and neighbours of lab interfaces. A lab interface resolves nothing by itself
//! ([`crate::VethOptions::arp`] is off), so each address to be reached needs a neighbour here.

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};
use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage,
    address::{AddressAttribute, AddressHeaderFlags, AddressMessage},
    neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState},
};
use windrow_netif::request::request;

use crate::{error::Error, namespace::Namespace, veth::named};

/// Gives the interface `name` in `namespace` an address with its prefix length in bits.
///
/// # Errors
/// [`Error::NoInterface`], or [`Error::Netlink`] when it has that address already.
pub fn add_address(
    namespace: &Namespace,
    name: &str,
    address: IpAddr,
    prefix_len: u8,
) -> Result<(), Error> {
    let mut message = AddressMessage::default();
    message.header.family = family(address);
    message.header.prefix_len = prefix_len;
    message.header.flags = AddressHeaderFlags::Nodad;
    message.attributes.extend([
        AddressAttribute::Address(address),
        AddressAttribute::Local(address),
    ]);
    namespace.run(|| {
        message.header.index = named(name)?.index;
        let what = format!("adding {address}/{prefix_len} to {name:?}");
        let message = RouteNetlinkMessage::NewAddress(message);
        request(&what, message, NLM_F_CREATE | NLM_F_EXCL)?;
        Ok(())
    })?
}

/// Makes `address` a permanent neighbour behind `name` with that link address (wire order), so that
/// no ARP or neighbour solicitation is ever sent for it.
///
/// # Errors
/// [`Error::NoInterface`], or [`Error::Netlink`] when the kernel refuses.
pub fn add_neighbour(
    namespace: &Namespace,
    name: &str,
    address: IpAddr,
    mac: [u8; 6],
) -> Result<(), Error> {
    let destination = match address {
        IpAddr::V4(address) => NeighbourAddress::Inet(address),
        IpAddr::V6(address) => NeighbourAddress::Inet6(address),
    };
    let mut message = NeighbourMessage::default();
    message.header.family = family(address);
    message.header.state = NeighbourState::Permanent;
    message.attributes.extend([
        NeighbourAttribute::Destination(destination),
        NeighbourAttribute::LinkLayerAddress(mac.to_vec()),
    ]);
    namespace.run(|| {
        message.header.ifindex = named(name)?.index;
        let what = format!("adding the neighbour {address} to {name:?}");
        let message = RouteNetlinkMessage::NewNeighbour(message);
        request(&what, message, NLM_F_CREATE | NLM_F_REPLACE)?;
        Ok(())
    })?
}

fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}
