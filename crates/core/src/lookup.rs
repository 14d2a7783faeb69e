//! Bounds of single flows over a whole run, whether they ever have a row or not.

use hashbrown::HashMap;

use crate::bounds::Bounds;
use crate::flow::FlowKey;
use crate::tally::Tally;
use crate::window::Window;

/// Flows that are looked for in every window.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    flows: HashMap<FlowKey, Wanted>,
}

#[derive(Clone, Debug)]
struct Wanted {
    hash: u64,
    /// Over the windows so far.
    bounds: Bounds,
}

impl Lookup {
    /// Flows by their keys, as rows have them, each with the hash by which the engine knows it.
    pub fn new(keys: impl IntoIterator<Item = (FlowKey, u64)>) -> Lookup {
        let wanted = |hash| Wanted {
            hash,
            bounds: Bounds::exactly(Tally::ZERO),
        };
        Lookup {
            flows: (keys.into_iter())
                .map(|(key, hash)| (key, wanted(hash)))
                .collect(),
        }
    }

    /// Adds what a window knows of them.
    pub fn add(&mut self, window: &Window) {
        if self.flows.is_empty() {
            return;
        }
        let wanted = (window.flows.iter()).filter(|flow| self.flows.contains_key(&flow.key));
        let rows: HashMap<_, _> = wanted.map(|flow| (flow.key, flow.bounds)).collect();
        for (key, Wanted { hash, bounds }) in &mut self.flows {
            let row = rows.get(key).copied();
            let here = row.unwrap_or_else(|| window.absent_bounds(*hash));
            bounds.lo += here.lo;
            bounds.hi += here.hi;
        }
    }

    /// What is known of one of them over all windows; `None` if it was not looked for.
    pub fn bounds(&self, key: &FlowKey) -> Option<Bounds> {
        self.flows.get(key).map(|wanted| wanted.bounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edges::{Span, WallNanos};
    use crate::net::{Family, Net, Side};
    use crate::slice::{Folded, MonoNanos, Row, Slice};

    fn key(port: u16) -> FlowKey {
        FlowKey {
            sport: port,
            ..FlowKey::NOTHING
        }
    }

    /// A window in which one flow has a row of 10 packets, and so much was folded of whatever flows.
    fn window(port: u16, folded: u64) -> Window {
        let span = Span::on_edges(0, WallNanos(0), WallNanos(0));
        let row = Row {
            key: key(port),
            count: Tally::new(10, 1_000),
            base: Tally::ZERO,
            hash: 0,
            first: MonoNanos(0),
            last: MonoNanos(0),
            tcp_flags: 0,
        };
        let folded = Folded {
            side: Side::Dst,
            net: Net::all(Family::Ipv4),
            count: Tally::new(folded, folded * 100),
        };
        let slice = Slice {
            rows: vec![row],
            folded: vec![folded],
            ..Slice::default()
        };
        Window::merge(span, vec![slice])
    }

    #[test]
    fn windows_add_up_whether_the_flow_has_a_row_or_not() {
        let mut lookup = Lookup::new([(key(1), 0), (key(2), 0), (key(1), 0)]);
        for window in [window(1, 0), window(2, 5), window(3, 0), window(1, 7)] {
            lookup.add(&window);
        }
        let bounds = |lo, hi| {
            Some(Bounds {
                lo: Tally::new(lo, lo * 100),
                hi: Tally::new(hi, hi * 100),
            })
        };
        assert_eq!(lookup.bounds(&key(1)), bounds(20, 25));
        assert_eq!(lookup.bounds(&key(2)), bounds(10, 17));
        assert_eq!(lookup.bounds(&key(3)), None);
    }
}
