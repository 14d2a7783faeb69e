//! Writes the seeds of each fuzz target into `FOLDER/TARGET/`, each named by its hash.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use windrow_hostile::seeds;

fn main() -> io::Result<()> {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: seeds FOLDER");
        std::process::exit(2)
    };
    write(&folder.join("frames"), &seeds::scripts())?;
    write(&folder.join("reference"), &seeds::frames())?;
    write(&folder.join("capture"), &seeds::captures())
}

fn write(folder: &Path, inputs: &[Vec<u8>]) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for input in inputs {
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        std::fs::write(folder.join(format!("seed-{:016x}", hasher.finish())), input)?;
    }
    Ok(())
}
