//! windrow's programs as this kernel loaded them: what the verifier looked at, and how much machine code
//! came of it.

use anyhow::Result;
use libbpf_rs::query::{ProgInfoIter, ProgInfoQueryOptions};
use windrow_core::selection::Selection;
use windrow_datapath::Export;
use windrow_datapath::kernel::{Datapath, Hooks, Settings};

use crate::designs::DEFAULT_MEMORY_BYTES;
use crate::results::{Outcome, Program};

/// Loads all of them, and asks the kernel.
///
/// # Errors
/// When they cannot be loaded.
pub fn measure() -> Result<Vec<Outcome>> {
    eprintln!("==> programs");
    let datapath = Datapath::load(Settings {
        hooks: Hooks::All,
        memory_bytes: DEFAULT_MEMORY_BYTES,
        buffers: 2,
        selection: Selection::default(),
        interfaces: 0,
        export: Export::Map,
    })?;
    let ids: Vec<u32> = datapath.program_ids().collect();
    let lengths = ProgInfoQueryOptions::default().include_jited_func_lens(true);
    let ours = ProgInfoIter::with_query_opts(lengths)
        .filter(|it| ids.contains(&it.id))
        .map(|it| {
            Outcome::Program(Program {
                group: "program",
                what: it.name.to_string_lossy().into_owned(),
                verified_instructions: it.verified_insns.into(),
                jited_bytes: it
                    .jited_func_lens
                    .iter()
                    .map(|bytes| u64::from(*bytes))
                    .sum(),
            })
        });
    Ok(ours.collect())
}
