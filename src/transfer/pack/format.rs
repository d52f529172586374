//! In which form a package is written: what comes when a record ends, and when the package does.
//!
//! Three forms are known: a BagIt 1.0 bag with one E-ARK package in it, such a package alone, and a plain bag for who
//! reads neither METS nor PREMIS. The files of a record are the same in all of them, and so is the digest of a
//! record. A form that an authority asks for is another [`TransferFormat`]; none is guessed here.
//!
//! A form writes what is about the files; the files themselves, and in which order, are [`write`](super::write)'s.

use super::mets::{self, Described, File, Kind, Represented};
use super::output::{Output, Told, failed, line};
use super::premis;
use super::record::Contents;
use super::write::Plan;
use crate::clock::civil_date;
use crate::error::Error;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::RecordId;
use crate::model::record::CardField;
use crate::store::spool::Spool;
use crate::transfer::layout::{
    self, BAG_INFO, BAG_PROFILE, BAGIT, BAGIT_TEXT, METS, PAYLOAD, PREMIS, REPRESENTATIONS, TAG_MANIFESTS, package_name,
};

/// The files of a record as they were written.
pub struct RecordFiles<'a> {
    /// Its folder, relative to the package, with a slash at the end.
    pub folder: &'a str,
    /// Its components, in the order of their numbers.
    pub components: &'a [Told],
    /// What is said of it and what proves it.
    pub metadata: Vec<Described>,
}

/// The files of a package that belong to no record, as they were written, and what forms gave of the records.
pub struct PackageFiles<'a> {
    /// What is said of the package and what proves it.
    pub metadata: Vec<Described>,
    /// Documentation.
    pub documentation: &'a [Told],
    /// Schemas.
    pub schemas: &'a [Told],
    /// The records, in their order.
    pub records: &'a [Represented],
}

/// A form of packages.
pub trait TransferFormat: Sync {
    /// Its word: what acts and command lines name it by.
    fn word(&self) -> &'static str;

    /// Whether its payload has lists of digests beside it.
    fn is_bag(&self) -> bool;

    /// Where the tree of the package is, relative to the package: empty, or with a slash at the end.
    fn tree(&self, plan: &Plan) -> String;

    /// Where the folder of a record is, relative to the tree, with a slash at the end.
    fn record(&self, record: RecordId) -> String;

    /// Writes what comes when all files of a record are there.
    fn record_ends(
        &self,
        out: &mut Output<'_>,
        plan: &Plan,
        contents: &Contents<'_>,
        files: RecordFiles<'_>,
    ) -> Result<Option<Represented>, Error>;

    /// Writes what comes when all else is there. Gives the digest of the package, which covers every byte of it.
    fn package_ends(
        &self,
        out: &mut Output<'_>,
        spool: &Spool,
        plan: &Plan,
        files: PackageFiles<'_>,
    ) -> Result<Sha256, Error>;
}

/// A BagIt 1.0 bag with one E-ARK package in it: what is sent when nothing else is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct BaggedEark;

/// An E-ARK CSIP/SIP 2.1 package alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Eark;

/// A BagIt 1.0 bag with the folders of records, without METS and PREMIS.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainBag;

/// Every form that is known.
pub const ALL: [&dyn TransferFormat; 3] = [&BaggedEark, &Eark, &PlainBag];

/// The form with this word.
pub fn parse(word: &str) -> Option<&'static dyn TransferFormat> {
    ALL.into_iter().find(|format| format.word() == word)
}

impl TransferFormat for BaggedEark {
    fn word(&self) -> &'static str {
        "bag"
    }

    fn is_bag(&self) -> bool {
        true
    }

    fn tree(&self, plan: &Plan) -> String {
        format!("{PAYLOAD}{}/", package_name(plan.package))
    }

    fn record(&self, record: RecordId) -> String {
        Eark.record(record)
    }

    fn record_ends(
        &self,
        out: &mut Output<'_>,
        plan: &Plan,
        contents: &Contents<'_>,
        files: RecordFiles<'_>,
    ) -> Result<Option<Represented>, Error> {
        Eark.record_ends(out, plan, contents, files)
    }

    fn package_ends(
        &self,
        out: &mut Output<'_>,
        spool: &Spool,
        plan: &Plan,
        files: PackageFiles<'_>,
    ) -> Result<Sha256, Error> {
        eark_ends(out, spool, plan, &self.tree(plan), files)?;
        bag_ends(out, plan)
    }
}

impl TransferFormat for Eark {
    fn word(&self) -> &'static str {
        "eark"
    }

    fn is_bag(&self) -> bool {
        false
    }

    fn tree(&self, _plan: &Plan) -> String {
        String::new()
    }

    fn record(&self, record: RecordId) -> String {
        format!("{REPRESENTATIONS}{record}/")
    }

    fn record_ends(
        &self,
        out: &mut Output<'_>,
        plan: &Plan,
        contents: &Contents<'_>,
        files: RecordFiles<'_>,
    ) -> Result<Option<Represented>, Error> {
        let RecordFiles { folder, components, mut metadata } = files;
        let premis = premis::record(contents, components, plan);
        metadata.push(Described {
            kind: Kind::Preservation("PREMIS"),
            told: out.bytes(folder, PREMIS, premis.as_bytes())?,
        });
        let file = |(placed, told)| {
            let component: &crate::model::record::Component = placed;
            let family = component.format.as_ref().map(|format| format.family);
            File { told, name: &component.path, media_type: layout::component_media_type(component.role, family) }
        };
        let components = contents.components.iter().map(|placed| &placed.component).zip(components);
        let files: Vec<File<'_>> = components.map(file).collect();
        let record = contents.manifest.record;
        let label = contents.card_field(CardField::Title).unwrap_or_default();
        let mets = mets::record(record, label, plan, &metadata, &files).map_err(|e| failed(METS, e))?;
        let told = out.bytes(folder, METS, &mets)?;
        Ok(Some(Represented { record, size: told.size, sha256: told.digests.sha256 }))
    }

    fn package_ends(
        &self,
        out: &mut Output<'_>,
        spool: &Spool,
        plan: &Plan,
        files: PackageFiles<'_>,
    ) -> Result<Sha256, Error> {
        Ok(eark_ends(out, spool, plan, &self.tree(plan), files)?.digests.sha256)
    }
}

impl TransferFormat for PlainBag {
    fn word(&self) -> &'static str {
        "plain"
    }

    fn is_bag(&self) -> bool {
        true
    }

    fn tree(&self, _plan: &Plan) -> String {
        PAYLOAD.to_owned()
    }

    fn record(&self, record: RecordId) -> String {
        format!("{record}/")
    }

    fn record_ends(
        &self,
        _out: &mut Output<'_>,
        _plan: &Plan,
        _contents: &Contents<'_>,
        _files: RecordFiles<'_>,
    ) -> Result<Option<Represented>, Error> {
        Ok(None)
    }

    fn package_ends(
        &self,
        out: &mut Output<'_>,
        _spool: &Spool,
        plan: &Plan,
        _files: PackageFiles<'_>,
    ) -> Result<Sha256, Error> {
        bag_ends(out, plan)
    }
}

/// PREMIS and METS of the package.
fn eark_ends(
    out: &mut Output<'_>,
    spool: &Spool,
    plan: &Plan,
    tree: &str,
    files: PackageFiles<'_>,
) -> Result<Told, Error> {
    let PackageFiles { mut metadata, documentation, schemas, records } = files;
    let premis = premis::package(&package_name(plan.package), plan);
    metadata.push(Described { kind: Kind::Preservation("PREMIS"), told: out.bytes(tree, PREMIS, premis.as_bytes())? });
    // Its length is said before its bytes, and it grows with the records.
    let mut mets = spool.object();
    mets::package(&mut mets, plan, &metadata, (documentation, schemas), records)
        .map_err(|e| Error::of_object(METS, e))?;
    out.spooled(tree, METS, &mut mets)
}

/// What stands beside the payload of a bag (RFC 8493).
fn bag_ends(out: &mut Output<'_>, plan: &Plan) -> Result<Sha256, Error> {
    let (bytes, files) = out.payload();
    let info = [
        ("BagIt-Profile-Identifier", BAG_PROFILE.to_owned()),
        ("Source-Organization", plan.from.name.clone()),
        ("External-Identifier", package_name(plan.package)),
        ("External-Description", plan.title.clone()),
        ("Internal-Sender-Identifier", plan.from.code.clone()),
        ("Bagging-Date", civil_date(plan.time).to_string()),
        ("Bag-Software-Agent", format!("Muragat {}", plan.software)),
        ("Payload-Oxum", format!("{bytes}.{files}")),
    ];
    let info: String = info.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let mut tags = vec![out.bytes("", BAGIT, BAGIT_TEXT.as_bytes())?, out.bytes("", BAG_INFO, info.as_bytes())?];
    tags.extend(out.lists()?);
    let short: String = tags.iter().map(|told| line(&told.digests.sha256, &told.path)).collect();
    let long: String = tags.iter().map(|told| line(&told.digests.sha512, &told.path)).collect();
    out.bytes("", TAG_MANIFESTS[0], short.as_bytes())?;
    out.bytes("", TAG_MANIFESTS[1], long.as_bytes())?;
    // Over the lists of SHA-512, so over every byte; who has the bag has it without asking anybody.
    Ok(sha256(long.as_bytes()))
}
