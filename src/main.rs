//! The `regbridge` program: everything is in the library; see [`regbridge::cli`].

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    regbridge::cli::main()
}
