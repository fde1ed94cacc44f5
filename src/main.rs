//! The `regbridge` program.

fn main() {}
