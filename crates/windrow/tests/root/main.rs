//! What takes root: packets, programs and interfaces of the kernel. One program, because linking one
//! takes longer than most of its tests; in it one test at a time, because they measure time and share
//! few CPUs ([`harness::alone`]). What needs no privilege is in `tests/user`, which is run by itself.

mod adaptive;
mod bounds;
mod cleanup;
mod cli;
mod connects;
mod conservation;
mod csv;
mod demo;
mod devices;
mod doctor;
mod engines;
mod export;
mod flood;
mod frames;
mod harness;
mod hierarchy;
mod interfaces;
mod json;
mod lifecycle;
mod lives;
mod measure;
mod named;
mod neighbours;
mod rollup;
mod superframes;
mod syscalls;
mod usage;
