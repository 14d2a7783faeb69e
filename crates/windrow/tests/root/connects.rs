//! `windrow connects`, from the command line to its report: programs make known numbers of connections of
//! every kind and say how many, of each kind, by their own count ([`told`]); rows must say the same of the
//! same processes. What holds of every report (each event in a row or beside it, nothing left over) is checked
//! wherever one is read: [`report`].

mod command;
mod fails;
mod filters;
mod health;
mod lines;
mod older;
mod pressure;
mod report;
mod rings;
mod run;
mod servers;
mod sockets;
mod storms;
mod told;
mod unusual;
mod usage;
