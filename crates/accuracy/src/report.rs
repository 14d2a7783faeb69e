//! What was measured, for people: tables for a terminal and for a document, and a picture. Text made
//! of outcomes, no more: whoever calls prints it.

mod figure;
mod markdown;
mod plot;
#[cfg(test)]
mod sample;
mod text;

pub use markdown::markdown;
pub use plot::svg;
pub use text::text;
