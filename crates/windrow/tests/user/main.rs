//! What needs no privilege, and no kernel: all of it passes without the feature `kernel`, too.

mod manual;
mod replay;
