//! The receiving end of a veth pair. A veth takes redirected frames only while it polls (NAPI);
//! without that they vanish although the sender counts them as sent.

use std::mem::MaybeUninit;

use libbpf_rs::{
    Link,
    skel::{OpenSkel, SkelBuilder},
};

use crate::{error::Error, namespace::Namespace, skeleton::pass::PassSkelBuilder, veth::named};

/// Keeps an interface polling; dropping it ends that.
#[derive(Debug)]
pub struct Napi {
    _link: Link,
}

/// Makes `name` in `namespace` poll, by an XDP program that passes every frame. Not together with
/// another XDP program on the same interface, which has the same effect by itself.
///
/// # Errors
/// [`Error::NoInterface`], or [`Error::Program`] when an XDP program is attached already.
pub fn napi_on(namespace: &Namespace, name: &str) -> Result<Napi, Error> {
    namespace.run(|| {
        let what = format!("attaching a passing XDP program to {name:?}");
        let index = named(name)?.index;
        let mut storage = MaybeUninit::uninit();
        let skeleton = PassSkelBuilder::default()
            .open(&mut storage)
            .and_then(OpenSkel::load)
            .map_err(Error::program(&what))?;
        let link = skeleton
            .progs
            .pass
            .attach_xdp(index as i32)
            .map_err(Error::program(&what))?;
        Ok(Napi { _link: link })
    })?
}
