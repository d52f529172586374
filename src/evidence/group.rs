//! What an entry committed to of a record, and what proves it: the one place that bundles and transfer packages take it
//! from.
//!
//! A *group* is the acceptance of a record or one addition to it: its components, with the metadata file and the salt
//! file beside them, are the members of one commitment ([`crate::model::record`]). Evidence is over a whole group, so
//! whoever is to check it needs every member.
//!
//! It writes nothing.

use super::record::{Evidence, Maker, Object};
use super::stamp::Stamped;
use crate::access::Opened;
use crate::archive::Archive;
use crate::error::Error;
use crate::model::digest::Sha256;
use crate::model::record::{Manifest, Member};

/// What an entry committed to of a record.
pub struct Group {
    /// The entry.
    pub entry: u64,
    /// Its members.
    pub members: Vec<Member>,
    /// The metadata file.
    pub metadata: Vec<u8>,
    /// The salt file.
    pub salt: Vec<u8>,
}

/// The groups of a record among the first `size` entries, oldest first.
pub fn groups(opened: &Opened<'_>, size: u64) -> Result<Vec<Group>, Error> {
    let manifest = opened.manifest()?;
    let entry = opened.row.entry;
    let (members, metadata, salt) = (manifest.members(), manifest.metadata(), manifest.salt_file());
    let mut groups = vec![Group { entry, members, metadata, salt }];
    for part in opened.row.parts.iter().filter(|part| part.entry < size) {
        let (_, amendment) = opened.amendment(part)?;
        let (members, metadata, salt) = (amendment.members(), amendment.metadata(), amendment.salt_file());
        groups.push(Group { entry: part.entry, members, metadata, salt });
    }
    Ok(groups)
}

/// The shared material by which the signatures of a record were validated at receipt, each with whether it is there.
pub fn shared_material(archive: &Archive, manifest: &Manifest) -> Result<Vec<(Sha256, bool)>, Error> {
    let digests = manifest.validation.iter().flat_map(|validation| &validation.material);
    digests.map(|digest| Ok((*digest, archive.index().has_material(*digest)?))).collect()
}

impl Maker<'_> {
    /// Evidence for a group, with the time-stamp that it rests on; none while no batch has it.
    pub fn of_group(&mut self, group: &Group) -> Result<Option<(Stamped, Vec<Evidence>)>, Error> {
        let Some(stamped) = self.batch_of(group.entry)? else { return Ok(None) };
        let found = self.evidence(&stamped, &Object::group(group.entry, &group.members))?;
        Ok(Some((stamped, found)))
    }
}
