//! The archive that a kernel unpacks as its first file system: cpio in the "newc" form. It takes
//! contents as bytes, so no file on the host needs an owner, a mode or a device number.

use std::collections::BTreeSet;
use std::path::{Component, Path};

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const CONSOLE: u32 = 0o020_600;

/// A growing archive; paths are relative to the guest's root.
#[derive(Debug, Default)]
pub struct Archive {
    bytes: Vec<u8>,
    entries: u32,
    folders: BTreeSet<String>,
}

impl Archive {
    /// Adds an empty folder and those above it, unless they are there.
    pub fn folder(&mut self, path: &str) {
        let mut above = String::new();
        for part in Path::new(path).components() {
            if let Component::Normal(name) = part {
                if !above.is_empty() {
                    above.push('/');
                }
                above.push_str(&name.to_string_lossy());
                if self.folders.insert(above.clone()) {
                    self.entry(&above, FOLDER, (0, 0), &[]);
                }
            }
        }
    }

    /// Adds an executable file and the folders above it.
    pub fn program(&mut self, path: &str, content: &[u8]) {
        self.folder_above(path);
        self.entry(path.trim_start_matches('/'), PROGRAM, (0, 0), content);
    }

    /// Adds the console device, which the kernel opens before it starts the first program.
    pub fn console(&mut self) {
        self.folder("dev");
        self.entry("dev/console", CONSOLE, (5, 1), &[]);
    }

    /// Ends the archive and gives its bytes.
    pub fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, (0, 0), &[]);
        self.bytes
    }

    fn folder_above(&mut self, path: &str) {
        if let Some(above) = Path::new(path).parent() {
            self.folder(&above.to_string_lossy());
        }
    }

    fn entry(&mut self, name: &str, mode: u32, device: (u32, u32), content: &[u8]) {
        self.entries += 1;
        let links = 1;
        let fields = [
            self.entries, // inode
            mode,
            0, // owner
            0, // group
            links,
            0, // time of change
            content.len() as u32,
            0, // device of the archive's source
            0,
            device.0,
            device.1,
            name.len() as u32 + 1,
            0, // checksum, which newc leaves out
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes
                .extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    /// Names and contents both start and end at multiples of four.
    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (name, mode, content) of every entry, read back.
    fn entries(bytes: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            assert_eq!(&bytes[at..at + 6], b"070701");
            let field = |index: usize| {
                let text = &bytes[at + 6 + index * 8..at + 14 + index * 8];
                let text = std::str::from_utf8(text).expect("hex digits");
                u32::from_str_radix(text, 16).expect("hex digits")
            };
            let (mode, size, name_size) = (field(1), field(6) as usize, field(11) as usize);
            let name = &bytes[at + 110..at + 110 + name_size - 1];
            let start = (at + 110 + name_size).next_multiple_of(4);
            found.push((
                String::from_utf8_lossy(name).into_owned(),
                mode,
                bytes[start..start + size].to_vec(),
            ));
            at = (start + size).next_multiple_of(4);
        }
        found
    }

    #[test]
    fn folders_come_once_and_before_their_files() {
        let mut archive = Archive::default();
        archive.program("/lib64/ld.so", b"12345");
        archive.program("bin/tools/one", b"");
        archive.folder("bin/tools");
        let read = entries(&archive.finish());
        let names: Vec<&str> = read.iter().map(|entry| entry.0.as_str()).collect();
        assert_eq!(
            names,
            [
                "lib64",
                "lib64/ld.so",
                "bin",
                "bin/tools",
                "bin/tools/one",
                "TRAILER!!!"
            ]
        );
        assert_eq!(read[1].1, PROGRAM);
        assert_eq!(read[1].2, b"12345");
    }

    #[test]
    fn the_console_is_a_character_device() {
        let mut archive = Archive::default();
        archive.console();
        assert_eq!(entries(&archive.finish())[1].1, CONSOLE);
    }
}
