//! The command line of Muragat: reads arguments and calls [`muragat::cli`]; nothing else.
//!
//! Rules, texts and exit codes are the library's.

fn main() -> std::process::ExitCode {
    muragat::cli::main()
}
