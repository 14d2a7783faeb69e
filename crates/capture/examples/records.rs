//! Reads captures and tells what they hold, and what that took:
//! `cargo run --release -p windrow-capture --example records FILE...`

use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use windrow_capture::Capture;

/// Records, and the bytes that were captured of them.
fn read(file: &Path) -> Result<(u64, u64), Box<dyn Error>> {
    let mut capture = Capture::new(File::open(file)?)?;
    let (mut records, mut bytes) = (0, 0);
    while let Some(record) = capture.next_record()? {
        records += 1;
        bytes += record.captured.len() as u64;
    }
    Ok((records, bytes))
}

fn main() {
    for file in std::env::args_os().skip(1) {
        let began = Instant::now();
        let (file, read) = (Path::new(&file), read(Path::new(&file)));
        let took = began.elapsed();
        match read {
            Ok((records, bytes)) => println!(
                "{}: {records} records, {bytes} bytes, {:.1} ns a record",
                file.display(),
                took.as_nanos() as f64 / records.max(1) as f64
            ),
            Err(error) => println!("{}: {error}", file.display()),
        }
    }
}
