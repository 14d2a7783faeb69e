//! How a filter of clsact shows whether its owner lives. Such a filter outlives its process, and
//! nothing in it tells whose it is. So whoever attaches one holds an abstract unix socket that is
//! named after the program: the kernel takes the name back when the process is gone, however it
//! went, and like the filter it belongs to one network namespace.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// What a data path has claimed. One claim serves all filters of a program in a namespace.
#[derive(Debug, Default)]
pub struct Claims(Mutex<Vec<(u32, Weak<Claim>)>>);

/// A program's name, held until this is dropped.
#[derive(Debug)]
pub struct Claim {
    _socket: Option<UnixDatagram>,
}

impl Claims {
    /// Claims the program of that id in the network namespace of the calling thread.
    ///
    /// # Errors
    /// When there is no socket to be had.
    pub fn claim(&self, program: u32) -> io::Result<Arc<Claim>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|(_, claim)| claim.strong_count() > 0);
        let socket = match UnixDatagram::bind_addr(&name(program)?) {
            Ok(socket) => Some(socket),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                let ours = held.iter().find(|(id, _)| *id == program);
                if let Some(claim) = ours.and_then(|(_, claim)| claim.upgrade()) {
                    return Ok(claim);
                }
                // Anybody may take a name. Whoever has this one keeps the filter from being
                // cleaned away, which is all that it is for.
                None
            }
            Err(error) => return Err(error),
        };
        let claim = Arc::new(Claim { _socket: socket });
        held.push((program, Arc::downgrade(&claim)));
        Ok(claim)
    }
}

/// Whether the owner of that program's filters lives, in the network namespace of the calling
/// thread. In doubt it does.
pub fn is_claimed(program: u32) -> bool {
    let asked = UnixDatagram::unbound().and_then(|socket| socket.connect_addr(&name(program)?));
    // Binding the name instead would look like an owner to others who ask at the same time.
    !asked.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

fn name(program: u32) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(format!("windrow-program-{program}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests

    use super::*;

    /// No program has it: the kernel counts up from 1 and gives 31 bits.
    const NOBODYS: u32 = 0xffff_fff0;

    #[test]
    fn a_claim_lasts_as_long_as_the_last_of_its_filters() {
        let claims = Claims::default();
        assert!(!is_claimed(NOBODYS));
        let one = claims.claim(NOBODYS).unwrap();
        let other = claims.claim(NOBODYS).unwrap();
        drop(one);
        assert!(is_claimed(NOBODYS) && is_claimed(NOBODYS));
        drop(other);
        assert!(!is_claimed(NOBODYS));
        let _again = claims.claim(NOBODYS).unwrap();
        assert!(is_claimed(NOBODYS));
    }

    #[test]
    fn a_name_that_somebody_else_took_is_no_hindrance() {
        let theirs = UnixDatagram::bind_addr(&name(NOBODYS + 1).unwrap()).unwrap();
        let _ours = Claims::default().claim(NOBODYS + 1).unwrap();
        assert!(is_claimed(NOBODYS + 1));
        drop(theirs);
        assert!(!is_claimed(NOBODYS + 1));
    }
}
