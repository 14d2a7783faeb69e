//! What was measured: tables for a terminal and for a document, a picture, and JSON. Text made of
//! results, no more: whoever calls prints it.

mod day;
mod figure;
mod json;
mod markdown;
mod plot;
mod proofs;
#[cfg(test)]
mod sample;
mod text;

pub use day::day;
pub use json::json;
pub use markdown::markdown;
pub use plot::svg;
pub use text::text;
