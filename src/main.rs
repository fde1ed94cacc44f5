//! The `regbridge` program: everything is in the library; see [`regbridge::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    regbridge::cli::main()
}
