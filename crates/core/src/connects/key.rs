//! Whose connects, and from where to where.

use std::net::{IpAddr, Ipv4Addr};

use crate::connects::by::{By, Key};
use crate::net::Side;
use crate::process::{Comm, Process};
use crate::timed;

/// What tells the rows of connects apart. What was not asked for is as in the default; but of addresses, if
/// either is asked for, both are of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectKey {
    /// Who asked for it, or whether it was accepted. Always told apart.
    pub dir: Dir,
    /// The process that asked, or that listens; the default where it is not known.
    pub process: Process,
    /// Its name.
    pub comm: Comm,
    /// Its real user id, as the first user namespace has it.
    pub uid: u32,
    /// Id of its control group in the unified hierarchy.
    pub cgroup: u64,
    /// Address of who asked; unspecified where a connect failed before one was chosen. Addresses of IPv4 are
    /// that, also in sockets of IPv6.
    pub src: IpAddr,
    /// Address of who was asked.
    pub dst: IpAddr,
    /// Port of who was asked.
    pub dport: u16,
}

/// Which way a connection was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dir {
    /// A process of this host asked for it.
    #[default]
    Out,
    /// A process of this host accepts it.
    In,
}

impl Dir {
    /// As in output.
    pub fn name(self) -> &'static str {
        match self {
            Dir::Out => "out",
            Dir::In => "in",
        }
    }
}

impl Default for ConnectKey {
    fn default() -> ConnectKey {
        ConnectKey {
            dir: Dir::default(),
            process: Process::default(),
            comm: Comm::default(),
            uid: 0,
            cgroup: 0,
            src: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            dst: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            dport: 0,
        }
    }
}

impl timed::Key for ConnectKey {
    type By = By;

    fn masked(&self, by: &By) -> ConnectKey {
        let mut key = ConnectKey {
            dir: self.dir,
            ..ConnectKey::default()
        };
        if by.has_address() {
            key.src = by.kept(Side::Src).of(self.src);
            key.dst = by.kept(Side::Dst).of(self.dst);
        }
        for asked in by.keys() {
            match asked {
                Key::Pid => key.process = self.process,
                Key::Comm => key.comm = self.comm,
                Key::Uid => key.uid = self.uid,
                Key::Cgroup => key.cgroup = self.cgroup,
                Key::Dport => key.dport = self.dport,
                // Above: the family of the one is that of the other, asked for or not.
                Key::Src | Key::Dst => {}
            }
        }
        key
    }

    fn process(&self) -> Process {
        self.process
    }

    fn comm(&self) -> Comm {
        self.comm
    }

    /// What is accepted has the name that its process had when it called `listen`.
    fn learns_names(&self) -> bool {
        self.dir == Dir::Out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timed::Key as _;

    fn masked(key: &ConnectKey, by: &str) -> ConnectKey {
        key.masked(&By::parse(by).expect("keys"))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn masks_leave_what_is_asked_for() {
        let key = ConnectKey {
            dir: Dir::In,
            process: Process { pid: 7, life: 1 },
            comm: Comm([1; 16]),
            uid: 1000,
            cgroup: 5,
            src: address("10.1.2.3"),
            dst: address("10.9.8.7"),
            dport: 443,
        };
        assert_eq!(masked(&key, "pid,comm,uid,cgroup,src,dst,dport"), key);
        let nothing = ConnectKey {
            dir: Dir::In,
            ..ConnectKey::default()
        };
        assert_eq!(
            masked(&key, "uid"),
            ConnectKey {
                uid: 1000,
                ..nothing
            }
        );
        let networks = ConnectKey {
            src: address("10.1.2.0"),
            dst: address("10.0.0.0"),
            ..nothing
        };
        assert_eq!(masked(&key, "src/24,dst/8"), networks);
        let by_process = masked(&key, "pid,dport");
        assert_eq!((by_process.process, by_process.dport), (key.process, 443));
        assert_eq!(by_process.src, nothing.src);
    }

    #[test]
    fn families_are_told_apart_where_an_address_is_asked_for() {
        let key = ConnectKey {
            src: address("2001:db8:1:2:3::4"),
            dst: address("2001:db8::1"),
            ..ConnectKey::default()
        };
        let of_dst = masked(&key, "dst/24/48");
        assert_eq!(
            (of_dst.src, of_dst.dst),
            (address("::"), address("2001:db8::"))
        );
        assert_eq!(masked(&key, "dport"), ConnectKey::default());
    }
}
