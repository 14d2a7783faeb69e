//! How rows leave the tables.

/// How a finished epoch is read. Rows are the same either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Export {
    /// Where it lies, in memory that the kernel and this process share: no system call a row.
    #[default]
    Map,
    /// By a program in the kernel that submits it to a BPF ring buffer.
    Ring,
}
