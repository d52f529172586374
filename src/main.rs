//! The command line of Muragat: reads arguments and calls [`muragat::cli`]; nothing else.

fn main() -> std::process::ExitCode {
    muragat::cli::main()
}
