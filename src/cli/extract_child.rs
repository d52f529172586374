//! `muragat extract-child`: the limited process that reads documents. Hidden: the program starts it itself.
//!
//! It opens no archive and prints nothing but the frames of [`crate::extract`].

use super::Common;
use crate::error::{Error, Exit};
use clap::Args;

#[derive(Args)]
pub(crate) struct ExtractChild {}

impl ExtractChild {
    pub(crate) fn run(&self, _common: &Common) -> Result<Exit, Error> {
        // Nobody reads a message: who asked sees the end of the process.
        Ok(if crate::extract::child::serve().is_ok() { Exit::Ok } else { Exit::Temporary })
    }
}
