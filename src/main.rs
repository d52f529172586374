//! The command line of Muragat: reads arguments and calls [`muragat::cli`]; nothing else.
//!
//! Rules, texts and exit codes are the library's.

/// Gives memory back when what took it is done; why it is not the system's: docs/decisions/0019-allocator.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    muragat::cli::main()
}
