//! XLSX ↔ tree (ECMA-376), for the sheets that small offices fill in.
//!
//! Promise: reading costs what the cells with something in them cost, whatever the file says of itself: its declared
//! sizes and counts are not believed, every inflated byte is counted, a cell far out costs nothing. One sheet is read:
//! values only, as text. Numbers are exact up to the 15 digits that a spreadsheet holds, and refused beyond; dates are
//! text by their number format; a formula's last value is read, a formula without one, an error and a merged cell are
//! refused. What we write is text in every cell, so that nothing in it runs and no leading zero goes.

mod book;
mod number;
mod package;
mod read;
mod strings;
mod styles;
mod template;
mod token;
mod write;

pub use read::{read, read_knowing};
pub use template::{GUIDE, Kind, Template, TemplateColumn};
pub use write::{sheet_name, write};
