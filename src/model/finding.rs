//! What was found of something that was brought from outside: each check with its outcome, and what all of them make.
//!
//! Bundles for inquiries and packages of a transfer are judged in these words. The words are part of the output for
//! programs (`schema/cli/1/verify-row`) and never change. Nothing is checked here.

/// How a check came out. What comes later weighs more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is so.
    Proven,
    /// Something that decides nothing.
    Noted,
    /// It is not known.
    Undecided,
    /// It is not so.
    Failed,
}

impl Outcome {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Proven => "proven",
            Outcome::Noted => "noted",
            Outcome::Undecided => "undecided",
            Outcome::Failed => "failed",
        }
    }
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<C> {
    /// What.
    pub check: C,
    /// How it came out.
    pub outcome: Outcome,
    /// Of what.
    pub subject: String,
    /// Details in technical English.
    pub detail: String,
}

/// An enum of checks: each with its word for programs and its name for people.
macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $kk:literal, $ru:literal, $en:literal;)*) => {
        /// What is checked. The words are part of the output for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Check { $($(#[$doc])* $name,)* }
        impl Check {
            /// Its word.
            pub fn as_str(self) -> &'static str { match self { $(Check::$name => $word,)* } }
            /// What it is, for people.
            pub fn text(self) -> $crate::text::Text {
                match self { $(Check::$name => $crate::text::text($kk, $ru, $en),)* }
            }
        }
    };
}
pub(crate) use checks;
