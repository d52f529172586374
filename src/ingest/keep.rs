//! Sealing a whole record: its components, then the manifest that names them, under a key of its own.
//!
//! The last step before the commit, for a submission that was accepted and for what the archive keeps of itself
//! ([`super::means`]). What is handed in was checked before; here nothing is refused any more.
//!
//! What a crash leaves: frames whose key was never written, which recovery cuts.

use super::component::{Frames, Received, Sealing, Stop};
use crate::archive::{Archive, Session};
use crate::index::rows::RecordRow;
use crate::model::id::ActorId;
use crate::model::record::Manifest;
use crate::store::format::{ObjectKind, OwnerKey};
use crate::store::seal::Sealer;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;

/// A record on its way to the commit.
pub(super) struct SealedRecord {
    pub(super) act: Act,
    pub(super) row: Box<RecordRow>,
    pub(super) session: Session,
}

/// Seals `components` and then `manifest`, which names them from now on.
pub(super) fn seal_record(
    archive: &Archive,
    sealer: &mut Sealer,
    actor: ActorId,
    mut manifest: Manifest,
    components: Vec<Received>,
) -> Result<SealedRecord, Stop> {
    let key = OwnerKey::random();
    let mut act = Act::new(ActKind::RecordAccepted, actor);
    act.rec = Some(manifest.record);
    let frames = Frames::new(archive.session());
    let mut sealing = Sealing { sealer, key: &key, record: manifest.record, act: act.id, frames };
    for component in components {
        let component = component.seal(&mut sealing)?;
        act.addresses.push(component.address);
        manifest.components.push(component);
    }
    let stored_manifest = sealing.end(ObjectKind::Manifest, &manifest.encode(), &mut act)?;
    let frames = sealing.frames;
    act.group = Some(manifest.group());
    // Only now: a refused submission must not leave a new agency behind.
    let subtree = archive.subtree(&manifest.agency, actor)?;
    act.new_key = Some((subtree, key));
    let row = RecordRow::new(&manifest, act.id, 0, 0, stored_manifest, |c| frames.locs.get(&c.object).cloned());
    let row = Box::new(row.expect("every sealed object was appended"));
    Ok(SealedRecord { act, row, session: frames.session })
}
