//! What the reports of measurements are put together of: columns under each other, numbers as they
//! stand in them, and the parts of a picture. Text and arithmetic alone: it knows nothing of what was
//! measured.
#![forbid(unsafe_code)]

pub mod axis;
pub mod labels;
pub mod layout;
pub mod lines;
