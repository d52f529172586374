//! The formats that are ZIP files: Office Open XML first, and by name those that nobody may send.
//!
//! Called by [`zip::look`](super::zip::look) between the directory and the entries. What a package is follows its
//! relation to the main part and the content type of that part (ECMA-376-2, 9 and 10); the order of its parts means
//! nothing. Then every XML part is read once, while it is inflated, for what it must not have and for what Office
//! would do on opening it.
//!
//! PUIDs, names and versions are those of PRONOM, odd spellings included.
//!
//! It does not validate against the schemas, and an encrypted document is no ZIP file but OLE2.

use super::Format;
use super::xml::{Tag, Visit, XmlScan};
use super::zip::{Notes, ZIP, ZipFile, front_entries};
use super::zip_directory::{Entry, Stop};
use crate::error::ErrorCode;
use crate::model::format::{Basis, Family};

/// Bytes of `[Content_Types].xml` or `_rels/.rels`. Own bound: 10,000 parts need a sixth of it.
const SMALL_PART_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Main content types kept of `[Content_Types].xml`: there is one, or a few when somebody plays tricks.
const TYPES_MAX: usize = 16;
/// Bytes of a field's instruction that are kept: its name stands first.
const INSTRUCTION_BYTES_MAX: usize = 1024;
/// Bytes of the first part that are inflated when the directory is missing.
const FRONT_BYTES_MAX: usize = 64 * 1024;

const CONTENT_TYPES: &str = "[content_types].xml";
const ROOT_RELATIONS: &str = "_rels/.rels";
/// Relation types of ISO/IEC 29500 Strict begin so; those of Transitional with `http://schemas.openxmlformats.org/`.
const STRICT: &str = "http://purl.oclc.org/ooxml/";

const fn container(family: Family, puid: Option<&'static str>, name: &'static str, version: &'static str) -> Format {
    Format { family, puid, name, version, basis: Basis::Container }
}

const fn puid(family: Family, puid: &'static str, name: &'static str, version: &'static str) -> Format {
    container(family, Some(puid), name, version)
}

/// What the content type of the main part says.
struct Kind {
    content_type: &'static str,
    format: Format,
    /// The same in ISO/IEC 29500 Strict, where PRONOM has it.
    strict: Option<Format>,
    has_macros: bool,
}

const fn kind(content_type: &'static str, format: Format) -> Kind {
    Kind { content_type, format, strict: None, has_macros: false }
}

const fn with_strict(content_type: &'static str, format: Format, strict: Format) -> Kind {
    Kind { content_type, format, strict: Some(strict), has_macros: false }
}

const fn with_macros(content_type: &'static str, format: Format) -> Kind {
    Kind { content_type, format, strict: None, has_macros: true }
}

use Family::{Docx, Other, Pptx, Xlsx};

const KINDS: &[Kind] = &[
    with_strict(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        puid(Docx, "fmt/412", "Microsoft Word for Windows", "2007 onwards"),
        puid(Docx, "fmt/1827", "DOCX Strict OOXML Document", "2007 onwards"),
    ),
    kind(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
        puid(Docx, "fmt/597", "Microsoft Word Template", "2007 onwards"),
    ),
    with_macros(
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        puid(Docx, "fmt/523", "Macro enabled Microsoft Word Document OOXML", "2007 Onwards"),
    ),
    with_macros(
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
        puid(Docx, "fmt/599", "Microsoft Word Macro-Enabled Document Template", "2007 onwards"),
    ),
    with_strict(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        puid(Xlsx, "fmt/214", "Microsoft Excel for Windows", "2007 onwards"),
        puid(Xlsx, "fmt/1828", "XLSX Strict OOXML Spreadsheet", "2007 onwards"),
    ),
    kind(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
        puid(Xlsx, "fmt/598", "Microsoft Excel Template", "2007 onwards"),
    ),
    with_macros(
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        puid(Xlsx, "fmt/445", "Microsoft Excel Macro-Enabled", "2007"),
    ),
    with_macros(
        "application/vnd.ms-excel.template.macroEnabled.main+xml",
        puid(Xlsx, "fmt/627", "Microsoft Excel Macro-Enabled Template", "2007"),
    ),
    // Its type says macro-enabled even when it has none.
    kind(
        "application/vnd.ms-excel.sheet.binary.macroEnabled.main",
        puid(Xlsx, "fmt/595", "Microsoft Excel Non-XML Binary Workbook", "2007 onwards"),
    ),
    with_macros(
        "application/vnd.ms-excel.addin.macroEnabled.main+xml",
        puid(Other, "fmt/628", "Microsoft Excel Macro-Enabled Add-In", "2007"),
    ),
    with_strict(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
        puid(Pptx, "fmt/215", "Microsoft Powerpoint for Windows", "2007 onwards"),
        puid(Pptx, "fmt/1829", "PPTX Strict OOXML Presentation", "2007 onwards"),
    ),
    kind(
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
        puid(Pptx, "fmt/629", "Microsoft PowerPoint Show", "2007"),
    ),
    kind(
        "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
        puid(Pptx, "fmt/631", "Microsoft PowerPoint Template", "2007"),
    ),
    with_macros(
        "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
        puid(Pptx, "fmt/487", "Macro Enabled Microsoft Powerpoint", "2007 Onwards"),
    ),
    with_macros(
        "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
        puid(Pptx, "fmt/630", "Microsoft PowerPoint Macro-Enabled Show", "2007"),
    ),
    with_macros(
        "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
        puid(Pptx, "fmt/632", "Microsoft PowerPoint Macro-Enabled Template", "2007"),
    ),
    with_macros(
        "application/vnd.ms-powerpoint.addin.macroEnabled.main+xml",
        puid(Other, "fmt/633", "Microsoft PowerPoint Macro-Enabled Add-In", "2007"),
    ),
    kind(
        "application/vnd.openxmlformats-officedocument.themeManager+xml",
        puid(Other, "fmt/524", "Microsoft Office Theme", ""),
    ),
    kind("application/vnd.ms-visio.drawing.main+xml", puid(Other, "fmt/924", "Microsoft Visio Drawing", "2013")),
    kind("application/vnd.ms-visio.stencil.main+xml", puid(Other, "fmt/925", "Microsoft Visio Stencil", "2013")),
    kind("application/vnd.ms-visio.template.main+xml", puid(Other, "fmt/926", "Microsoft Visio Template", "2013")),
    with_macros(
        "application/vnd.ms-visio.drawing.macroEnabled.main+xml",
        puid(Other, "fmt/927", "Microsoft Visio Macro-Enabled Drawing", "2013"),
    ),
    with_macros(
        "application/vnd.ms-visio.stencil.macroEnabled.main+xml",
        puid(Other, "fmt/928", "Microsoft Visio Macro-Enabled Stencil", "2013"),
    ),
    with_macros(
        "application/vnd.ms-visio.template.macroEnabled.main+xml",
        puid(Other, "fmt/929", "Microsoft Visio Macro-Enabled Template", "2013"),
    ),
    kind(
        "application/vnd.ms-package.3dmanufacturing-3dmodel+xml",
        puid(Other, "fmt/829", "3MF 3D Manufacturing Format", ""),
    ),
];

/// An office document whose main part does not say which.
const fn nameless(family: Family) -> Format {
    puid(family, "fmt/189", "Microsoft Office Open XML", "2007 onwards")
}

/// A package (ECMA-376-2) of none of these.
const PACKAGE: Format = container(Other, None, "Open Packaging Conventions package", "");
const XPS: Format = puid(Other, "fmt/657", "Open XML Paper Specification", "");

/// Formats named by the entry `mimetype`.
const BY_MIME: &[(&str, Format)] = &[
    ("application/epub+zip", puid(Other, "fmt/483", "ePub format", "")),
    ("application/vnd.etsi.asic-s+zip", puid(Other, "fmt/1341", "Associated Signature Container Simple (ASiC-S)", "")),
    (
        "application/vnd.etsi.asic-e+zip",
        puid(Other, "fmt/1564", "Associated Signature Container Extended (ASiC-E)", ""),
    ),
];

const OPEN_DOCUMENT: &str = "application/vnd.oasis.opendocument.";

/// OpenDocument: the end of the media type, the name, and the PUIDs of versions 1.0 to 1.3.
const OPEN_DOCUMENTS: &[(&str, &str, [&str; 4])] = &[
    ("text", "OpenDocument Text", ["fmt/136", "fmt/290", "fmt/291", "fmt/1756"]),
    ("spreadsheet", "OpenDocument Spreadsheet", ["fmt/137", "fmt/294", "fmt/295", "fmt/1755"]),
    ("presentation", "OpenDocument Presentation", ["fmt/138", "fmt/292", "fmt/293", "fmt/1754"]),
    ("graphics", "OpenDocument Graphics", ["fmt/139", "fmt/296", "fmt/297", "fmt/1753"]),
    ("base", "OpenDocument Database Format", ["fmt/140", "fmt/444", "fmt/424", "fmt/1752"]),
];
const OPEN_DOCUMENT_VERSIONS: [&str; 4] = ["1.0", "1.1", "1.2", "1.3"];

/// What the names of the entries say.
const BY_NAME: &[(&str, Format)] = &[
    ("androidmanifest.xml", container(Other, None, "Android application package", "")),
    ("meta-inf/manifest.mf", puid(Other, "x-fmt/412", "Java Archive Format", "")),
    ("doc.kml", puid(Other, "fmt/724", "Keyhole Markup Language (Container)", "")),
];

/// What a ZIP file is, and how its parts are to be read.
pub(super) struct Contents {
    pub(super) format: Format,
    is_package: bool,
    /// The part that the main relation names.
    main: Option<usize>,
}

impl Contents {
    /// Whether it is a package and so no plain ZIP file.
    pub(super) fn is_package(&self) -> bool {
        self.is_package
    }

    /// How this entry is to be read, if at all.
    pub(super) fn part(&self, entries: &[Entry], number: usize) -> Option<Part> {
        if !self.is_package {
            return None;
        }
        let name = part_name(&entries[number].name);
        let (_, extension) = name.rsplit_once('.')?;
        let is_main = self.main == Some(number);
        let (reading, weight) = match extension {
            "rels" => (Reading::Relations(Relations::default()), Weight::Essential),
            "xml" if name == CONTENT_TYPES => (Reading::Types(Types::default()), Weight::Essential),
            "xml" if is_main => (Reading::Content(Content::default()), Weight::Essential),
            "xml" => (Reading::Content(Content::default()), Weight::Ordinary),
            // Legacy VML is written by Office and is not always XML.
            "vml" => (Reading::Content(Content::default()), Weight::Loose),
            // The binary workbook.
            "bin" => return None,
            _ if is_main => (Reading::Content(Content::default()), Weight::Essential),
            _ => return None,
        };
        Some(Part { scan: XmlScan::new(), reading, weight })
    }
}

/// Says what a ZIP file is.
pub(super) fn recognise(zip: &mut ZipFile<'_>, notes: &mut Notes) -> Result<Contents, Stop> {
    let names: Vec<String> = zip.entries.iter().map(|entry| part_name(&entry.name)).collect();
    let find = |name: &str| names.iter().position(|found| found == name);
    let Some(types_at) = find(CONTENT_TYPES) else {
        let format = other(zip, &names, notes)?;
        return Ok(Contents { format, is_package: false, main: None });
    };
    let mut types = Types::default();
    read_small(zip, types_at, notes, &mut types)?;
    let mut relations = Relations::default();
    if let Some(relations_at) = find(ROOT_RELATIONS) {
        read_small(zip, relations_at, notes, &mut relations)?;
    }
    judge_part_names(&zip.entries, &names, notes);

    let target = relations.main.as_ref().map(|(_, target)| target.as_str());
    let kind = target.and_then(|target| types.of(target)).or_else(|| types.first());
    let main = target.and_then(find);
    let Some(kind) = kind else {
        let format = match nameless_family(names.iter().map(String::as_str)) {
            Some(family) => {
                notes.add(ErrorCode::FmtDamaged, "", "the content type of the main part is missing or unknown");
                nameless(family)
            }
            None if names.iter().any(|name| name.ends_with(".fdseq")) => XPS,
            None => PACKAGE,
        };
        return Ok(Contents { format, is_package: true, main });
    };
    match target {
        None => notes.add(ErrorCode::FmtDamaged, "", "no relation to the main part"),
        Some(_) if main.is_none() => notes.add(ErrorCode::FmtDamaged, "", "the main part is missing"),
        Some(_) if relations.has_two_mains => notes.add(ErrorCode::FmtDamaged, "", "relations to two main parts"),
        Some(_) => {}
    }
    if kind.has_macros {
        notes.add(ErrorCode::FmtMacros, "", "the content type of a document with macros");
    }
    let is_strict = relations.main.as_ref().is_some_and(|(relation, _)| relation.starts_with(STRICT));
    let format = kind.strict.filter(|_| is_strict).unwrap_or(kind.format);
    Ok(Contents { format, is_package: true, main })
}

/// What a ZIP file without a directory was, by its first bytes: its content types if they are first, or the names.
pub(super) fn from_front(front: &[u8]) -> Option<Format> {
    let entries: Vec<_> = front_entries(front).map(|(name, data)| (part_name(&name), data)).collect();
    // Behind other entries they could be those of a document that is only inside.
    const FIRST: [&str; 7] = [CONTENT_TYPES, "_rels/", "docprops/", "customxml/", "word/", "xl/", "ppt/"];
    if !FIRST.iter().any(|start| entries.first().is_some_and(|(name, _)| name.starts_with(start))) {
        return None;
    }
    let mut types = Types::default();
    if let Some((_, data)) = entries.iter().find(|(name, _)| name == CONTENT_TYPES) {
        XmlScan::new().update(&data.contents(FRONT_BYTES_MAX), &mut types);
    } else if !entries.iter().any(|(name, _)| name == ROOT_RELATIONS) {
        return None;
    }
    match types.first() {
        Some(kind) => Some(kind.format),
        None => nameless_family(entries.iter().map(|(name, _)| name.as_str())).map(nameless),
    }
}

/// The office program whose folder is there.
fn nameless_family<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<Family> {
    names.find_map(|name| match name.split_once('/')?.0 {
        "word" => Some(Docx),
        "xl" => Some(Xlsx),
        "ppt" => Some(Pptx),
        _ => None,
    })
}

/// The name of an entry as a part name: ASCII case is nothing (ECMA-376-2, 9.1.1), and some programs write backslashes.
fn part_name(name: &str) -> String {
    let name = name.replace('\\', "/").to_ascii_lowercase();
    name.strip_prefix('/').map(str::to_owned).unwrap_or(name)
}

/// Reads a part that is needed before the others.
fn read_small(zip: &mut ZipFile<'_>, at: usize, notes: &mut Notes, visit: &mut dyn Visit) -> Result<(), Stop> {
    let entry = &zip.entries[at];
    if entry.size > SMALL_PART_BYTES_MAX {
        notes.add(ErrorCode::FmtDamaged, &entry.name, format!("a part of {} bytes", entry.size));
        return Ok(());
    }
    let mut scan = XmlScan::new();
    zip.read(at, notes, &mut |piece| {
        scan.update(piece, visit);
        true
    })?;
    // Its faults are noted when all parts are read.
    scan.finish(visit);
    Ok(())
}

/// Notes what the names of parts tell.
fn judge_part_names(entries: &[Entry], names: &[String], notes: &mut Notes) {
    for (entry, name) in entries.iter().zip(names) {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        if file.is_empty() {
            continue;
        }
        if file == "vbaproject.bin" {
            notes.add(ErrorCode::FmtMacros, &entry.name, "a VBA project");
        }
        for segment in folder.split('/') {
            match segment {
                "macrosheets" => notes.add(ErrorCode::FmtMacros, &entry.name, "an Excel 4 macro sheet"),
                "embeddings" => notes.add(ErrorCode::FmtEmbedded, &entry.name, "an embedded file or object"),
                "activex" => notes.add(ErrorCode::FmtActive, &entry.name, "an ActiveX control"),
                "webextensions" => notes.add(ErrorCode::FmtActive, &entry.name, "an Office add-in from the web"),
                _ => {}
            }
        }
        if file.starts_with("oleobject") && file.ends_with(".bin") {
            notes.add(ErrorCode::FmtEmbedded, &entry.name, "an embedded file or object");
        }
    }
}

/// One XML part while it is inflated.
pub(super) struct Part {
    scan: XmlScan,
    reading: Reading,
    weight: Weight,
}

/// What it means that a part is no XML.
enum Weight {
    /// The document cannot be opened.
    Essential,
    /// Some of it is lost.
    Ordinary,
    /// Nothing.
    Loose,
}

enum Reading {
    Types(Types),
    Relations(Relations),
    Content(Content),
}

impl Reading {
    fn visit(&mut self) -> &mut dyn Visit {
        match self {
            Reading::Types(types) => types,
            Reading::Relations(relations) => relations,
            Reading::Content(content) => content,
        }
    }
}

impl Part {
    /// Reads the next piece.
    pub(super) fn update(&mut self, piece: &[u8]) {
        self.scan.update(piece, self.reading.visit());
    }

    /// Notes what was found in the part called `name`.
    pub(super) fn finish(mut self, name: &str, notes: &mut Notes) {
        let verdict = self.scan.finish(self.reading.visit());
        if verdict.doctype {
            // ECMA-376-2, 9.1.4 and 8.1.4 of the 2006 edition.
            notes.add(ErrorCode::FmtXmlEntities, name, "a document type or entity declaration");
        }
        if verdict.too_deep {
            notes.add(ErrorCode::FmtNested, name, format!("elements deeper than {}", super::xml::DEPTH_MAX));
        }
        if verdict.odd_encoding {
            notes.add(ErrorCode::FmtOdd, name, "an encoding that is neither UTF-8 nor UTF-16");
        }
        match (verdict.fault, self.weight) {
            (Some(fault), Weight::Essential) => notes.add(ErrorCode::FmtDamaged, name, format!("no XML: {fault}")),
            (Some(fault), Weight::Ordinary) => notes.add(ErrorCode::FmtOdd, name, format!("no XML: {fault}")),
            (Some(_), Weight::Loose) | (None, _) => {}
        }
        match self.reading {
            Reading::Types(_) => {}
            Reading::Relations(relations) => {
                for (code, detail) in relations.found {
                    notes.add(code, name, detail);
                }
            }
            Reading::Content(content) => {
                if content.has_dde {
                    notes.add(ErrorCode::FmtActive, name, "DDE: another program is asked for data");
                }
            }
        }
    }
}

/// The main content types in `[Content_Types].xml` (ECMA-376-2, 10.1.2).
#[derive(Default)]
struct Types {
    parts: Vec<(String, &'static Kind)>,
    extensions: Vec<(String, &'static Kind)>,
}

impl Types {
    fn of(&self, part: &str) -> Option<&'static Kind> {
        let named = self.parts.iter().find(|(name, _)| name == part);
        let by_extension = || {
            let (_, extension) = part.rsplit_once('.')?;
            self.extensions.iter().find(|(found, _)| found == extension)
        };
        named.or_else(by_extension).map(|(_, kind)| *kind)
    }

    fn first(&self) -> Option<&'static Kind> {
        self.parts.first().or(self.extensions.first()).map(|(_, kind)| *kind)
    }
}

impl Visit for Types {
    fn start(&mut self, tag: &Tag<'_>) -> bool {
        let (kept, key) = match tag.name() {
            b"Override" => (&mut self.parts, "PartName"),
            b"Default" => (&mut self.extensions, "Extension"),
            _ => return false,
        };
        if kept.len() < TYPES_MAX
            && let Some(content_type) = tag.attribute("ContentType")
            && let Some(kind) = KINDS.iter().find(|kind| kind.content_type.eq_ignore_ascii_case(content_type.trim()))
            && let Some(key) = tag.attribute(key)
        {
            kept.push((part_name(key.trim()), kind));
        }
        false
    }
}

/// What a part with relations says (ECMA-376-2, 9.3).
#[derive(Default)]
struct Relations {
    /// Type and target of the relation to the main part.
    main: Option<(String, String)>,
    has_two_mains: bool,
    found: Vec<(ErrorCode, &'static str)>,
}

impl Relations {
    fn find(&mut self, code: ErrorCode, detail: &'static str) {
        if !self.found.iter().any(|(found, _)| *found == code) {
            self.found.push((code, detail));
        }
    }

    fn external(&mut self, kind: &str, target: &str) {
        let detail = match kind {
            // Followed when somebody asks for it.
            "hyperlink" => return,
            "attachedtemplate" => "an external template",
            "oleobject" | "package" => "a linked object",
            "frame" | "subdocument" | "afchunk" => "a linked document",
            "externallinkpath" | "externallink" => "a linked workbook",
            "image" => "a linked picture",
            "audio" | "video" | "media" => "linked sound or video",
            "mailmergesource" | "mailmergeheadersource" => "a linked data source",
            _ => "an external relation",
        };
        match is_remote(target) {
            true => self.find(ErrorCode::FmtActive, detail),
            // Not fetched over a network, and not there on another machine.
            false => self.find(ErrorCode::FmtOdd, detail),
        }
    }

    fn internal(&mut self, kind: &str, relation: &str, target: &str) {
        match kind {
            "officedocument" => self.main(relation, target),
            // Visio: http://schemas.microsoft.com/visio/2010/relationships/document.
            "document" if relation.contains("/visio/") => self.main(relation, target),
            "3dmodel" => self.main(relation, target),
            "vbaproject" => self.find(ErrorCode::FmtMacros, "a VBA project"),
            "xlmacrosheet" | "xlintlmacrosheet" => self.find(ErrorCode::FmtMacros, "an Excel 4 macro sheet"),
            "afchunk" => self.find(ErrorCode::FmtEmbedded, "a document in another format (altChunk)"),
            "oleobject" | "package" => self.find(ErrorCode::FmtEmbedded, "an embedded file or object"),
            _ => {}
        }
    }

    fn main(&mut self, relation: &str, target: &str) {
        let target = resolved(target);
        match &self.main {
            Some((_, main)) => self.has_two_mains |= *main != target,
            None => self.main = Some((relation.to_owned(), target)),
        }
    }
}

impl Visit for Relations {
    fn start(&mut self, tag: &Tag<'_>) -> bool {
        if tag.name() == b"Relationship"
            && let (Some(relation), Some(target)) = (tag.attribute("Type"), tag.attribute("Target"))
        {
            let kind = relation.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            let mode = tag.attribute("TargetMode").unwrap_or_default();
            if mode.trim().eq_ignore_ascii_case("external") {
                self.external(&kind, target.trim());
            } else {
                self.internal(&kind, &relation, target.trim());
            }
        }
        false
    }
}

/// The part name that a target of `_rels/.rels` means; its base is the root.
fn resolved(target: &str) -> String {
    let mut segments = Vec::new();
    let name = part_name(target);
    for segment in name.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    segments.join("/")
}

/// Whether a target is on another machine: any scheme but `file`, and names of machines in either writing.
fn is_remote(target: &str) -> bool {
    let target = target.to_ascii_lowercase().replace('\\', "/");
    let scheme = target.split_once(':').filter(|(scheme, _)| {
        // One letter is a drive.
        scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    });
    match scheme {
        Some(("file", path)) => {
            let name = path.trim_start_matches('/');
            let is_drive = name.as_bytes().get(1) == Some(&b':');
            match path.len() - name.len() {
                0 | 1 | 3 => false,
                _ => !is_drive && !name.starts_with("localhost/"),
            }
        }
        Some(_) => true,
        None => target.starts_with("//"),
    }
}

/// What the text of a document asks for on opening.
#[derive(Default)]
struct Content {
    /// The instruction of the field at hand: it may be cut into many runs.
    instruction: Vec<u8>,
    has_dde: bool,
}

impl Content {
    fn judge(&mut self) {
        let instruction = self.instruction.trim_ascii_start();
        let is_dde = |name: &[u8]| {
            instruction.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
                && instruction.get(name.len()).is_some_and(|b| b.is_ascii_whitespace() || *b == b'"')
        };
        self.has_dde |= is_dde(b"DDE") || is_dde(b"DDEAUTO");
    }
}

impl Visit for Content {
    fn start(&mut self, tag: &Tag<'_>) -> bool {
        match tag.name() {
            b"instrText" => return true,
            b"fldChar" => self.instruction.clear(),
            b"fldSimple" => {
                self.instruction = tag.attribute("instr").unwrap_or_default().into_bytes();
                self.judge();
                self.instruction.clear();
            }
            b"ddeLink" => self.has_dde = true,
            _ => {}
        }
        false
    }

    fn text(&mut self, text: &[u8]) {
        let room = INSTRUCTION_BYTES_MAX.saturating_sub(self.instruction.len());
        self.instruction.extend_from_slice(&text[..text.len().min(room)]);
        self.judge();
    }
}

/// What a ZIP file is that is no package.
fn other(zip: &mut ZipFile<'_>, names: &[String], notes: &mut Notes) -> Result<Format, Stop> {
    const MIME_BYTES_MAX: u64 = 128;
    let find = |wanted: &str| names.iter().position(|name| name == wanted);
    if let Some(at) = find("mimetype").filter(|&at| zip.entries[at].size <= MIME_BYTES_MAX) {
        let mut mime = Vec::new();
        zip.read(at, notes, &mut |piece| {
            mime.extend_from_slice(piece);
            true
        })?;
        let mime = String::from_utf8_lossy(&mime);
        let mime = mime.trim();
        if let Some(kind) = mime.strip_prefix(OPEN_DOCUMENT) {
            let version = match find("content.xml") {
                Some(content) => open_document_version(zip, content, notes)?,
                None => None,
            };
            if names.iter().any(|name| name.starts_with("basic/") || name.starts_with("scripts/")) {
                notes.add(ErrorCode::FmtMacros, "", "a macro library");
            }
            return Ok(open_document(kind.trim_end_matches("-template"), version));
        }
        if let Some((_, format)) = BY_MIME.iter().find(|(known, _)| *known == mime) {
            return Ok(*format);
        }
    }
    Ok(BY_NAME.iter().find(|(name, _)| find(name).is_some()).map_or(ZIP, |(_, format)| *format))
}

fn open_document(kind: &str, version: Option<usize>) -> Format {
    match (OPEN_DOCUMENTS.iter().find(|(known, ..)| *known == kind), version) {
        (Some((_, name, puids)), Some(version)) => puid(Other, puids[version], name, OPEN_DOCUMENT_VERSIONS[version]),
        (Some((_, name, _)), None) => container(Other, None, name, ""),
        (None, _) => container(Other, None, "OpenDocument Format", ""),
    }
}

/// The version in the root element of `content.xml`, as an index.
fn open_document_version(zip: &mut ZipFile<'_>, at: usize, notes: &mut Notes) -> Result<Option<usize>, Stop> {
    struct Root(Option<String>, bool);
    impl Visit for Root {
        fn start(&mut self, tag: &Tag<'_>) -> bool {
            if !std::mem::replace(&mut self.1, true) {
                self.0 = tag.attribute("version");
            }
            false
        }
    }
    let (mut scan, mut root) = (XmlScan::new(), Root(None, false));
    zip.read(at, notes, &mut |piece| {
        scan.update(piece, &mut root);
        !root.1
    })?;
    Ok(root.0.and_then(|version| OPEN_DOCUMENT_VERSIONS.iter().position(|known| *known == version)))
}

#[cfg(test)]
mod tests {
    use super::super::zip::tests::{found, look_at};
    use super::super::zip_directory::tests::{Made, stored, zip_of};
    use super::*;

    const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";

    fn types(part: &str, content_type: &str) -> Made {
        let text = format!(
            "<Types xmlns='t'><Default Extension='rels' ContentType='r'/>\
             <Override PartName='{part}' ContentType='{content_type}'/></Types>"
        );
        stored("[Content_Types].xml", text.as_bytes())
    }

    fn relations(name: &str, relations: &[(&str, &str, &str)]) -> Made {
        let relations: String = relations
            .iter()
            .map(|(kind, target, mode)| format!("<Relationship Id='i' Type='{kind}' Target='{target}' {mode}/>"))
            .collect();
        stored(name, format!("<Relationships xmlns='r'>{relations}</Relationships>").as_bytes())
    }

    fn root(kind: &str, target: &str) -> Made {
        relations("_rels/.rels", &[(kind, target, "")])
    }

    fn office_root(target: &str) -> Made {
        root(&format!("{OFFICE}officeDocument"), target)
    }

    /// A document of these parts beside what every one has.
    fn document(more: &[Made]) -> Vec<u8> {
        let mut parts = vec![types("/word/document.xml", WORD), office_root("word/document.xml")];
        if !more.iter().any(|part| part.is("word/document.xml")) {
            parts.push(stored("word/document.xml", b"<w:document xmlns:w='w'/>"));
        }
        parts.extend_from_slice(more);
        zip_of(&parts)
    }

    fn puid_of(bytes: &[u8]) -> (Family, Option<&'static str>) {
        let format = look_at(bytes).format.unwrap();
        (format.family, format.puid)
    }

    #[track_caller]
    fn only(bytes: &[u8], code: ErrorCode, place: &str) {
        assert_eq!(found(bytes), [(code, place.to_owned())]);
        assert_eq!(look_at(bytes).format.unwrap().family, Docx);
    }

    #[track_caller]
    fn nothing(bytes: &[u8]) {
        assert_eq!(found(bytes), []);
        assert_eq!(puid_of(bytes), (Docx, Some("fmt/412")));
    }

    #[test]
    fn every_kind_is_recognised_in_any_order_of_parts() {
        for kind in KINDS {
            let parts =
                [stored("x/main.xml", b"<m/>"), office_root("/x/main.xml"), types("/x/main.xml", kind.content_type)];
            let look = look_at(&zip_of(&parts));
            assert_eq!(look.format, Some(kind.format), "{}", kind.content_type);
            let codes: Vec<ErrorCode> = look.findings.iter().map(|f| f.code).collect();
            assert_eq!(codes, if kind.has_macros { vec![ErrorCode::FmtMacros] } else { vec![] });
            let strict = root("http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument", "x/main.xml");
            let format = look_at(&zip_of(&[strict, parts[0].clone(), parts[2].clone()])).format;
            assert_eq!(format, Some(kind.strict.unwrap_or(kind.format)));
        }
    }

    #[test]
    fn puids_and_content_types_are_unique() {
        let all: Vec<&str> =
            KINDS.iter().flat_map(|k| [Some(k.format), k.strict]).flatten().filter_map(|f| f.puid).collect();
        for (n, puid) in all.iter().enumerate() {
            assert!(!all[..n].contains(puid), "{puid}");
        }
        for (n, kind) in KINDS.iter().enumerate() {
            assert!(!KINDS[..n].iter().any(|k| k.content_type.eq_ignore_ascii_case(kind.content_type)));
        }
    }

    #[test]
    fn part_names_are_matched_as_office_does() {
        nothing(&zip_of(&[
            types("/WORD/Document.xml", WORD),
            office_root("./word/document.XML"),
            stored("Word/document.xml", b"<d/>"),
        ]));
        let by_extension = format!("<Types><Default Extension='xml' ContentType='{WORD}'/></Types>");
        nothing(&zip_of(&[
            stored("[Content_Types].xml", by_extension.as_bytes()),
            office_root("word/document.xml"),
            stored("word/document.xml", b"<d/>"),
        ]));
        let back = zip_of(&[
            types("/word/document.xml", WORD),
            office_root("word/document.xml"),
            stored("word\\document.xml", b"<d/>"),
        ]);
        only(&back, ErrorCode::FmtOdd, "word\\document.xml");
        let wide: Vec<u8> = format!("\u{feff}<Types><Override PartName='/d.xml' ContentType='{WORD}'/></Types>")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        nothing(&zip_of(&[stored("[Content_Types].xml", &wide), office_root("d.xml"), stored("d.xml", b"<d/>")]));
    }

    #[test]
    fn a_package_without_its_main_part_is_damaged() {
        let main = || stored("word/document.xml", b"<d/>");
        for (what, parts) in [
            ("no part", vec![types("/word/document.xml", WORD), office_root("word/document.xml")]),
            ("no relation", vec![types("/word/document.xml", WORD), main()]),
            ("other part", vec![types("/word/document.xml", WORD), office_root("word/other.xml"), main()]),
            ("no type", vec![types("/word/document.xml", "text/plain"), office_root("word/document.xml"), main()]),
        ] {
            let bytes = zip_of(&parts);
            assert_eq!(found(&bytes), [(ErrorCode::FmtDamaged, String::new())], "{what}");
            assert_eq!(look_at(&bytes).format.unwrap().family, Docx, "{what}");
        }
        for broken in ["", "<d>", "<d></e>", "text"] {
            only(
                &document(&[stored("word/document.xml", broken.as_bytes())]),
                ErrorCode::FmtDamaged,
                "word/document.xml",
            );
            only(&document(&[stored("word/styles.xml", broken.as_bytes())]), ErrorCode::FmtOdd, "word/styles.xml");
            nothing(&document(&[stored("word/vmlDrawing1.vml", broken.as_bytes())]));
        }
    }

    #[test]
    fn a_cut_off_document_still_tells_its_family() {
        let bytes = document(&[]);
        assert_eq!(puid_of(&bytes[..bytes.len() - 1]), (Docx, Some("fmt/412")));
        let parts = [office_root("xl/workbook.xml"), stored("xl/workbook.xml", b"<d/>"), types("/xl/workbook.xml", "")];
        assert_eq!(puid_of(&zip_of(&parts)[..400]), (Xlsx, Some("fmt/189")));
        let inside = zip_of(&[stored("a.docx", &bytes)]);
        assert_eq!(puid_of(&inside[..inside.len() - 1]), (Family::Zip, Some("x-fmt/263")));
        assert_eq!(puid_of(&zip_of(&[stored("word/a.xml", b"<d/>")])[..50]), (Family::Zip, Some("x-fmt/263")));
    }

    #[test]
    fn macros_are_found_by_name_relation_and_type() {
        only(&document(&[stored("word/vbaProject.bin", b"?")]), ErrorCode::FmtMacros, "word/vbaProject.bin");
        let relation = ("http://schemas.microsoft.com/office/2006/relationships/vbaProject", "other.bin", "");
        let part = "word/_rels/document.xml.rels";
        only(&document(&[relations(part, &[relation])]), ErrorCode::FmtMacros, part);
        only(
            &document(&[stored("xl/macrosheets/sheet1.xml", b"<m/>")]),
            ErrorCode::FmtMacros,
            "xl/macrosheets/sheet1.xml",
        );
    }

    #[test]
    fn embedded_files_are_found() {
        for name in ["word/embeddings/a.bin", "ppt/embeddings/Microsoft_Excel.xlsx", "word/oleObject1.bin"] {
            only(&document(&[stored(name, b"?")]), ErrorCode::FmtEmbedded, name);
        }
        let part = "word/_rels/document.xml.rels";
        for kind in ["aFChunk", "oleObject", "package"] {
            let chunk = relations(part, &[(&format!("{OFFICE}{kind}"), "chunk.html", "")]);
            only(&document(&[chunk]), ErrorCode::FmtEmbedded, part);
        }
        nothing(&document(&[stored("word/embeddings/", b""), stored("word/media/image1.png", b"?")]));
        // What is found in an embedded package is carried up.
        let inner = document(&[stored("word/vbaProject.bin", b"?")]);
        let outer = document(&[stored("word/embeddings/a.docm", &inner)]);
        assert_eq!(
            found(&outer),
            [
                (ErrorCode::FmtEmbedded, "word/embeddings/a.docm".into()),
                (ErrorCode::FmtMacros, "word/embeddings/a.docm/word/vbaProject.bin".into()),
            ]
        );
    }

    #[test]
    fn relations_that_are_fetched_on_opening_are_active() {
        let part = "word/_rels/settings.xml.rels";
        let external = |kind: &str, target: &str| {
            document(&[relations(part, &[(&format!("{OFFICE}{kind}"), target, "TargetMode='External'")])])
        };
        for target in [
            "http://example.org/a.dotm",
            "https://example.org/",
            "\\\\host\\share\\a.dotm",
            "//host/a",
            "file://host/share/a.dotm",
            "file:///\\\\host\\a",
            "FILE:////host/a",
            "mhtml:http://example.org/x!y",
        ] {
            for kind in ["attachedTemplate", "oleObject", "frame", "subDocument", "externalLinkPath", "image"] {
                only(&external(kind, target), ErrorCode::FmtActive, part);
            }
            nothing(&external("hyperlink", target));
        }
        for target in ["file:///C:\\Templates\\a.dotx", "a.xlsx", "C:\\a.dotx", "../a.png", "file://localhost/a"] {
            only(&external("attachedTemplate", target), ErrorCode::FmtOdd, part);
        }
        only(
            &document(&[stored("word/activeX/activeX1.xml", b"<a/>")]),
            ErrorCode::FmtActive,
            "word/activeX/activeX1.xml",
        );
    }

    #[test]
    fn dde_fields_are_found_in_one_run_or_many() {
        let field = |runs: &[&str]| {
            let runs: String = runs.iter().map(|run| format!("<w:r><w:instrText>{run}</w:instrText></w:r>")).collect();
            let text = format!("<w:p xmlns:w='w'><w:fldChar/>{runs}<w:fldChar/><w:t>DDE x</w:t></w:p>");
            document(&[stored("word/document.xml", text.as_bytes())])
        };
        for runs in [&[" DDEAUTO c:\\\\x"][..], &[" D", "DE", "AUTO", " c:"], &["dde \"x\""]] {
            only(&field(runs), ErrorCode::FmtActive, "word/document.xml");
        }
        for runs in [&[" PAGE "][..], &["HYPERLINK \"DDE x\""], &["DDEFOO x"]] {
            nothing(&field(runs));
        }
        let simple = stored("word/document.xml", b"<d xmlns:w='w'><w:fldSimple w:instr=' DDE x '/></d>");
        only(&document(&[simple]), ErrorCode::FmtActive, "word/document.xml");
        let link = stored("xl/externalLinks/externalLink1.xml", b"<externalLink><ddeLink/></externalLink>");
        only(&document(&[link]), ErrorCode::FmtActive, "xl/externalLinks/externalLink1.xml");
    }

    #[test]
    fn xml_that_a_package_must_not_have_is_found() {
        let doctype = b"<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/hosts'>]><d>&e;</d>";
        for name in ["word/document.xml", "word/styles.xml", "word/_rels/x.xml.rels", "customXml/item1.xml"] {
            only(&document(&[stored(name, doctype)]), ErrorCode::FmtXmlEntities, name);
        }
        nothing(&document(&[stored("word/media/image1.svg", doctype)]));
        let deep = "<d>".repeat(300) + &"</d>".repeat(300);
        only(&document(&[stored("word/document.xml", deep.as_bytes())]), ErrorCode::FmtNested, "word/document.xml");
        let types = format!("<!DOCTYPE t []><Types><Override PartName='/d.xml' ContentType='{WORD}'/></Types>");
        let parts = [stored("[Content_Types].xml", types.as_bytes()), office_root("d.xml"), stored("d.xml", b"<d/>")];
        only(&zip_of(&parts), ErrorCode::FmtXmlEntities, "[Content_Types].xml");
    }

    #[test]
    fn other_formats_in_zip_are_told_by_name() {
        for (parts, puid) in [
            (vec![stored("mimetype", b"application/epub+zip")], Some("fmt/483")),
            (vec![stored("mimetype", b"application/vnd.etsi.asic-e+zip\n")], Some("fmt/1564")),
            (
                vec![
                    stored("mimetype", b"application/vnd.oasis.opendocument.text"),
                    stored("content.xml", b"<o:document-content xmlns:o='o' o:version='1.2'/>"),
                ],
                Some("fmt/291"),
            ),
            (vec![stored("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")], None),
            (vec![stored("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0")], Some("x-fmt/412")),
            (vec![stored("AndroidManifest.xml", b"?"), stored("META-INF/MANIFEST.MF", b"")], None),
            (vec![stored("[Content_Types].xml", b"<Types/>"), stored("lib/a.dll", b"?")], None),
        ] {
            assert_eq!(puid_of(&zip_of(&parts)), (Other, puid));
        }
        assert_eq!(puid_of(&zip_of(&[stored("mimetype", b"text/plain")])), (Family::Zip, Some("x-fmt/263")));
    }
}
