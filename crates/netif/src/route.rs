//! The interface that the default route leaves by. Not a route look-up: policy rules and tables
//! other than main are not consulted.

use netlink_packet_core::NLM_F_DUMP;
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage, route::RouteMessage};

use crate::{
    list::{Interface, by_index},
    request::{Answer, Error, request, u32_of},
};

const RTM_NEWROUTE: u16 = 24;
const RTMSG: usize = 12;
const RTN_UNICAST: u8 = 1;
const RT_TABLE_MAIN: u32 = 254;
const RTA_OIF: u16 = 4;
const RTA_PRIORITY: u16 = 6;
const RTA_MULTIPATH: u16 = 9;
const RTA_TABLE: u16 = 15;

/// The interface of the IPv4 default route with the lowest metric in the main table, else that of
/// the IPv6 one; `None` without a default route. Of several next hops the first counts.
///
/// # Errors
/// When rtnetlink cannot be asked.
pub fn default_route_interface() -> Result<Option<Interface>, Error> {
    for family in [AddressFamily::Inet, AddressFamily::Inet6] {
        if let Some(index) = default_route(family)?
            && let Some(interface) = by_index(index)?
        {
            return Ok(Some(interface));
        }
    }
    Ok(None)
}

fn default_route(family: AddressFamily) -> Result<Option<u32>, Error> {
    let mut message = RouteMessage::default();
    message.header.address_family = family;
    let request = request(
        "listing the routes",
        RouteNetlinkMessage::GetRoute(message),
        NLM_F_DUMP,
    )?;
    let routes = request.iter().filter_map(candidate);
    Ok(routes
        .min_by_key(|(metric, _)| *metric)
        .map(|(_, index)| index))
}

/// (metric, interface index) of a default route of the main table.
fn candidate(answer: &Answer) -> Option<(u32, u32)> {
    let header: &[u8; RTMSG] = answer.body.first_chunk()?;
    let [_, prefix_length, _, _, short_table, _, _, kind, ..] = *header;
    if answer.kind != RTM_NEWROUTE || prefix_length != 0 || kind != RTN_UNICAST {
        return None;
    }
    let (mut table, mut metric, mut index) = (u32::from(short_table), 0, None);
    for (kind, payload) in answer.attributes(RTMSG) {
        match kind {
            RTA_TABLE => table = u32_of(payload)?,
            RTA_PRIORITY => metric = u32_of(payload)?,
            RTA_OIF => index = Some(u32_of(payload)?),
            // struct rtnexthop: length, flags, hops, then the interface index.
            RTA_MULTIPATH => index = index.or(u32_of(payload.get(4..)?)),
            _ => {}
        }
    }
    (table == RT_TABLE_MAIN).then_some((metric, index?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(kind: u8, attributes: &[u8]) -> Answer {
        let mut body = vec![2, 0, 0, 0, 254, 3, 0, kind, 0, 0, 0, 0];
        body.extend(attributes);
        Answer {
            kind: RTM_NEWROUTE,
            body,
        }
    }

    #[test]
    fn a_route_without_priority_has_metric_0() {
        let oif = [8, 0, 4, 0, 7, 0, 0, 0];
        assert_eq!(candidate(&route(RTN_UNICAST, &oif)), Some((0, 7)));
    }

    #[test]
    fn unreachable_defaults_do_not_count() {
        let oif = [8, 0, 4, 0, 1, 0, 0, 0];
        assert_eq!(candidate(&route(7, &oif)), None);
        assert_eq!(candidate(&route(RTN_UNICAST, &[])), None);
    }

    #[test]
    fn asking_this_namespace_works() {
        default_route_interface().expect("rtnetlink");
    }
}
