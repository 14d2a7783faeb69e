//! `windrow syscalls`, from the command line to its report: counts, errors and times are those of programs
//! that make known numbers of known calls. What holds of every report (each event in a row or beside it,
//! nothing left over) is checked wherever one is read: [`harness::timed::Run::read`].

mod command;
mod compat;
mod durations;
mod filters;
mod groups;
mod namespaces;
mod plain;
mod pressure;
mod report;
mod run;
mod same;
mod signals;
mod tasks;
mod usage;
