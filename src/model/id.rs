//! Identifiers: one newtype each; the text form parses back.
//!
//! All are random, so none says anything about a person or a document (invariant 4 of docs/ARCHITECTURE.md).

use std::fmt;
use std::str::FromStr;

/// A text that is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {kind}: {digits} hexadecimal digits are wanted")]
pub struct ParseIdError {
    /// The kind of identifier that was asked for.
    pub kind: &'static str,
    /// How many hexadecimal digits it has.
    pub digits: usize,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $bytes;

            /// Takes the identifier from bytes of the right length.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [[0; 2]; $bytes];
                hex::encode_to_slice(self.0, text.as_flattened_mut()).map_err(|_| fmt::Error)?;
                f.write_str(std::str::from_utf8(text.as_flattened()).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), hex::encode(self.0))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let mut bytes = [0u8; $bytes];
                hex::decode_to_slice(text, &mut bytes)
                    .map_err(|_| ParseIdError { kind: $kind, digits: 2 * $bytes })?;
                Ok(Self(bytes))
            }
        }
    };
}

id!(
    /// A record, or a register: what owns a key in the vault. Random, 128 bits.
    RecordId, 16, "a record id"
);
id!(
    /// One act (one log entry with its objects). Random, 128 bits; stored objects name the act they came with.
    ActId, 16, "an act id"
);
id!(
    /// One stored object. Random, 192 bits; its key is derived from the owner's key and this id.
    ObjectId, 24, "an object id"
);
id!(
    /// One archive. Random, 128 bits, drawn by `init`.
    ArchiveId, 16, "an archive id"
);
id!(
    /// A page of the key vault. Random, 128 bits; a rewritten page gets a new one.
    PageId, 16, "a page id"
);
id!(
    /// An actor's pseudonym. The register of accounts (an act document) says who it is.
    ActorId, 8, "an actor id"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_parses_back_and_near_misses_do_not() {
        let id = RecordId([7; 16]);
        assert_eq!(id.to_string().parse::<RecordId>().unwrap(), id);
        assert!("07".parse::<RecordId>().is_err());
        assert!(format!("{id}0").parse::<RecordId>().is_err());
        assert!(id.to_string().replace('7', "g").parse::<RecordId>().is_err());
    }
}
