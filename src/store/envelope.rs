//! The document inside an attached CMS, taken out into the spool.
//!
//! Used when a document comes in and when it is given out, so that both mean the same bytes. Base64 and PEM are
//! unwrapped first, as Kazakh signing tools write them.
//!
//! It does not validate the signature.

use super::spool::{Spool, Spooled, fill};
use crate::model::cms::{self, Cms, CmsError, Content, ContentKind};
use std::io::{Read, Seek, SeekFrom};

/// What a file that may be a CMS carries.
#[derive(Debug)]
pub enum Carried {
    /// It is no CMS.
    NotCms,
    /// A document.
    Document(Box<Spooled>),
    /// A CMS without a document: a detached signature, certificates, a time-stamp.
    Nothing,
    /// Content that only its addressee can read.
    Encrypted,
}

/// Takes out what `source` carries.
pub fn carried<R: Read + Seek>(spool: &Spool, source: &mut R) -> Result<Carried, CmsError> {
    match bare(spool, source)? {
        Some(mut bare) => inner(spool, &mut bare),
        None => inner(spool, source),
    }
}

/// The CMS in `source` without the text around it; none when there is no such text.
pub fn bare<R: Read + Seek>(spool: &Spool, source: &mut R) -> Result<Option<Spooled>, CmsError> {
    let Some(mut unwrapped) = cms::unwrapped(source)? else { return Ok(None) };
    Ok(Some(fill(spool, &mut unwrapped)?))
}

fn inner<R: Read + Seek>(spool: &Spool, source: &mut R) -> Result<Carried, CmsError> {
    source.seek(SeekFrom::Start(0))?;
    let Some(Cms { content, .. }) = cms::read(source)? else { return Ok(Carried::NotCms) };
    match content {
        Content::Attached { kind: ContentKind::Data | ContentKind::Other, pieces } => {
            let mut reader = pieces.reader(source);
            Ok(Carried::Document(Box::new(fill(spool, &mut reader)?)))
        }
        Content::Encrypted => Ok(Carried::Encrypted),
        Content::Attached { .. } | Content::Detached | Content::NotOctets => Ok(Carried::Nothing),
    }
}
