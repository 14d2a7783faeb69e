//! The program of `bpf/drop.bpf.c`, which counts into windrow's own tables.

use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Context, Result};
use libbpf_rs::query::{ProgInfoIter, ProgInfoQueryOptions};
use libbpf_rs::{MapCore, MapHandle, ObjectBuilder, OpenObject};
use windrow_datapath::kernel::Datapath;

const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/drop.bpf.o"));
/// The map that each program has of its own.
const CONSTANTS: &str = "rodata";

/// Loads it on top of the tables of a data path.
///
/// # Errors
/// When the kernel refuses it, or does not say which maps there are.
pub fn load(datapath: &Datapath) -> Result<OwnedFd> {
    let theirs = maps_of(datapath)?;
    let mut open: OpenObject = ObjectBuilder::default().open_memory(OBJECT)?;
    for mut map in open.maps_mut() {
        let name = map.name().to_string_lossy().into_owned();
        let name = own_name(&name);
        let same = |it: &&MapHandle| own_name(&it.name().to_string_lossy()) == name;
        if name != CONSTANTS {
            let tables = theirs.iter().find(same);
            map.reuse_fd(tables.context("windrow has other maps")?.as_fd())?;
        }
    }
    let object = open.load()?;
    let program = object.progs().next().context("there is no program")?;
    Ok(program.as_fd().try_clone_to_owned()?)
}

fn maps_of(datapath: &Datapath) -> Result<Vec<MapHandle>> {
    let ids: Vec<u32> = datapath.program_ids().collect();
    let with_maps = ProgInfoQueryOptions::default().include_map_ids(true);
    let program = ProgInfoIter::with_query_opts(with_maps)
        .find(|it| ids.contains(&it.id))
        .context("the kernel does not say what windrow's program is")?;
    let maps = program.map_ids.iter().map(|id| MapHandle::from_map_id(*id));
    Ok(maps.collect::<Result<_, _>>()?)
}

/// Without the name of the object, which those of globals begin with.
fn own_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
