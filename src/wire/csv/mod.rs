//! CSV ↔ tree (RFC 4180), as spreadsheets of county offices write it.
//!
//! Promise: a quote that is not doubled or not closed is refused with its line and column, never guessed at; a cell
//! is text exactly as it stands, its line ends included. UTF-8 with or without its mark, UTF-16 with its mark; bytes
//! that are not UTF-8 are read as GB 18030, which holds GBK and GB 2312. Cells that a spreadsheet would run are
//! written so that it does not ([`super::sheet`]).

mod read;
mod write;

pub use read::{read, read_knowing};
pub use write::write;
