//! What the streams of a compound file mean: Word, Excel, PowerPoint and encrypted Office Open XML.
//!
//! [`look`] is called by [`ole`](super::ole) with a file whose directory is read and whose chains are checked.
//!
//! PRONOM identifiers are given by the rules of its container signatures (`CompObj`, stream names, first bytes), so
//! that other tools of that registry come to the same. Findings rest on the binary specifications [MS-DOC], [MS-XLS],
//! [MS-PPT] and [MS-OFFCRYPTO].
//!
//! It does not follow links out of a file, and it cannot see what encryption hides.

use super::ole::{COMPOUND, Compound, Kind, Step, Stream, u16_at, u32_at};
use super::{Basis, Family, Format, Look};
use crate::error::ErrorCode;
use flate2::{Decompress, FlushDecompress, Status};
use memchr::memmem::Finder;

/// Edits of a presentation that are followed. Own bound: PowerPoint merges them when it saves in full.
const EDITS_MAX: usize = 4096;
/// A packed object may grow to this, or to the ratio below if that is more. Own bound.
const OBJECT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How many times its packed size an object may grow beyond the bound above. Own bound: text packs to a tenth.
const OBJECT_RATIO_MAX: u64 = 100;
/// Bytes that a packed object is read and inflated by.
const CHUNK_BYTES: usize = 16 * 1024;
/// What an object costs of the work budget beside its bytes: the buffers for it.
const OBJECT_COST: usize = 4 * CHUNK_BYTES;

const fn format(family: Family, puid: &'static str, name: &'static str, version: &'static str) -> Format {
    Format { family, puid: Some(puid), name, version, basis: Basis::Container }
}

const WORD_95: Format = format(Family::Doc, "fmt/39", "Microsoft Word Document", "6.0/95");
const WORD_97: Format = format(Family::Doc, "fmt/40", "Microsoft Word Document", "97-2003");
const WORD_97_PASSWORD: Format =
    format(Family::Doc, "fmt/754", "Microsoft Word Document (Password Protected)", "97-2003");
const WORD_97_TEMPLATE: Format = format(Family::Doc, "x-fmt/45", "Microsoft Word Document Template", "97-2003");
const WORD_97_TEMPLATE_PASSWORD: Format =
    format(Family::Doc, "fmt/755", "Microsoft Word Document Template (Password Protected)", "97-2003");
const WORD: Format = format(Family::Doc, "fmt/609", "Microsoft Word (Generic)", "6.0-2003");
const EXCEL_2: Format = format(Family::Xls, "fmt/55", "Microsoft Excel 2.x Worksheet (xls)", "2");
const EXCEL_3: Format = format(Family::Xls, "fmt/56", "Microsoft Excel 3.0 Worksheet (xls)", "3");
const EXCEL_4: Format = format(Family::Xls, "fmt/57", "Microsoft Excel 4.0 Worksheet (xls)", "4S");
const EXCEL_95: Format = format(Family::Xls, "fmt/59", "Microsoft Excel 5.0/95 Workbook (xls)", "5/95");
const EXCEL_97: Format = format(Family::Xls, "fmt/61", "Microsoft Excel 97-2003 Workbook (xls)", "8 & 8X");
const EXCEL_97_TEMPLATE: Format = format(Family::Xls, "x-fmt/17", "Microsoft Excel Template", "97-2003");
/// A workbook whose version cannot be read: PRONOM has no name for it.
const EXCEL: Format =
    Format { family: Family::Xls, puid: None, name: "Microsoft Excel Workbook", version: "", basis: Basis::Container };
const POWERPOINT_4: Format = format(Family::Ppt, "x-fmt/88", "Microsoft PowerPoint Presentation", "4.x");
const POWERPOINT_95: Format = format(Family::Ppt, "fmt/125", "Microsoft Powerpoint Presentation", "95");
const POWERPOINT_97: Format = format(Family::Ppt, "fmt/126", "Microsoft Powerpoint Presentation", "97-2003");

/// Formats that the name of a root stream or storage is enough for, and that the rules do not speak of.
const OTHERS: [(&str, Format); 5] = [
    ("__properties_version1.0", format(Family::Other, "x-fmt/430", "Microsoft Outlook Email Message", "97-2003")),
    ("VisioDocument", format(Family::Other, "fmt/442", "Microsoft Visio (generic)", "")),
    ("PerfectOffice_MAIN", format(Family::Other, "fmt/892", "Compound WordPerfect for Windows Document", "6 onwards")),
    ("HwpSummaryInformation", format(Family::Other, "fmt/1084", "Hangul Word Processor Document", "5")),
    ("Binder", format(Family::Other, "fmt/240", "Microsoft Office Binder File for Windows", "97-2000")),
];

/// The format by the first bytes of the first sector, where most programs put the main stream.
///
/// Only for files whose directory is lost.
pub(super) fn guess(first: &[u8]) -> Option<Format> {
    let format = match first {
        [0xEC | 0xDC, 0xA5, ..] => WORD,
        // PRONOM fmt/61: "00 06 05 00" at 512 of the file.
        [0x09, 0x08, _, _, 0x00, 0x06, 0x05, 0x00] => EXCEL_97,
        [0x09, 0x08, _, _, 0x00, 0x05, 0x05, 0x00] => EXCEL_95,
        _ => return None,
    };
    Some(Format { basis: Basis::Signature, ..format })
}

/// Names the format and notes what intake rules decide on.
pub(super) fn look(compound: &mut Compound<'_>, name_family: Option<Family>, look: &mut Look) -> Step<()> {
    if compound.entries.is_empty() {
        return Ok(());
    }
    find_macros(compound, look);
    // MS-OFFCRYPTO 2.2: a protected file has this content beside a dummy document that tells the reader so.
    if let Some(id) = compound.root_stream("\u{9}DRMContent") {
        look.find(ErrorCode::FmtEncrypted, &compound.path(id), "the content is protected by rights management");
    }
    if let Some(id) = compound.root_stream("EncryptedPackage") {
        // The dummy may be a whole WordDocument or Workbook: it does not count.
        let family = name_family.filter(|f| matches!(f, Family::Docx | Family::Xlsx | Family::Pptx));
        let family = family.unwrap_or(Family::Docx);
        look.format = Some(format(family, "fmt/494", "Microsoft Office Encrypted Document", "2007 Onwards"));
        look.find(ErrorCode::FmtEncrypted, &compound.path(id), "the Office Open XML package is encrypted");
        return Ok(());
    }

    let word = compound.root_stream("WordDocument");
    let excel = compound.root_stream("Workbook").or_else(|| compound.root_stream("Book"));
    let powerpoint = compound.root_stream("PowerPoint Document");
    let powerpoint_4 = compound.root_stream("PP40");
    let families = [word.is_some(), excel.is_some(), powerpoint.or(powerpoint_4).is_some()];
    if families.into_iter().filter(|there| *there).count() > 1 {
        look.find(ErrorCode::FmtPolyglot, "", "the main streams of two office programs are in one file");
    }
    let mut objects = storages_of_objects(compound);
    if let Some(id) = word {
        look_word(compound, id, look)?;
    } else if let Some(id) = excel {
        look_excel(compound, id, look)?;
    } else if let Some(id) = powerpoint {
        look_powerpoint(compound, id, look, &mut objects)?;
    } else if powerpoint_4.is_some() {
        look.format = Some(POWERPOINT_4);
    } else {
        let other = OTHERS.iter().find(|(name, _)| {
            compound.reached().any(|(_, e)| e.parent == 0 && e.name.trim_start_matches(char::is_control) == *name)
        });
        // A guess by the first sector stands when the directory is damaged and may have lost the main stream.
        let damaged = look.findings.iter().any(|f| matches!(f.code, ErrorCode::FmtDamaged | ErrorCode::FmtLoop));
        match other {
            Some((_, format)) => look.format = Some(*format),
            None if damaged => {}
            None => look.format = Some(COMPOUND),
        }
    }
    if let Some((place, count)) = objects {
        look.find(ErrorCode::FmtEmbedded, &place, format!("embedded objects: {count}"));
    }
    Ok(())
}

/// Finds VBA projects by their streams (MS-OVBA 2.2.1), whatever the storages around them are called.
fn find_macros(compound: &Compound<'_>, look: &mut Look) {
    let project = compound.reached().find(|(_, entry)| {
        let parent = compound.entries.get(entry.parent);
        entry.name.eq_ignore_ascii_case("_VBA_PROJECT")
            || entry.name.eq_ignore_ascii_case("dir") && parent.is_some_and(|p| p.name.eq_ignore_ascii_case("VBA"))
    });
    if let Some((id, _)) = project {
        look.find(ErrorCode::FmtMacros, &compound.path(id), "a VBA project");
    }
}

/// Where the first embedded object is, and how many there are.
type Objects = Option<(String, u64)>;

fn add_object(objects: &mut Objects, place: impl FnOnce() -> String) {
    match objects {
        Some((_, count)) => *count += 1,
        None => *objects = Some((place(), 1)),
    }
}

/// Embedded objects that have a storage or stream of their own.
fn storages_of_objects(compound: &Compound<'_>) -> Objects {
    let mut objects = None;
    let mut loose = None;
    for (id, entry) in compound.reached() {
        let parent = compound.entries.get(entry.parent).map_or("", |parent| parent.name.as_str());
        // MS-DOC 2.1.10: storages in ObjectPool. MS-XLS 2.1.7.14: storages named MBD and eight hexadecimal digits.
        let pooled = parent.eq_ignore_ascii_case("ObjectPool");
        let numbered = entry.parent == 0 && entry.name.get(..3).is_some_and(|name| name.eq_ignore_ascii_case("MBD"));
        if entry.kind == Kind::Storage && (pooled || numbered) {
            add_object(&mut objects, || compound.path(id));
        } else if entry.kind == Kind::Stream {
            // MS-OLEDS 2.3.6; a package of Office Open XML is embedded as a stream of that name.
            let package = entry.parent != 0 && entry.name.eq_ignore_ascii_case("Package");
            if package || entry.name.eq_ignore_ascii_case("\u{1}Ole10Native") {
                add_object(&mut loose, || compound.path(id));
            }
        }
    }
    // Streams in storages that were counted are the same objects.
    objects.or(loose)
}

/// The version in the program identifier that the root's `CompObj` stream gives for Word (MS-OLEDS 2.3.8).
fn word_version(compound: &mut Compound<'_>) -> Step<Option<u8>> {
    let Some(id) = compound.root_stream("\u{1}CompObj") else { return Ok(None) };
    let stream = compound.open(id)?;
    let mut bytes = [0; 1100];
    let filled = compound.read(&stream, 0, &mut bytes)?;
    // PRONOM container signatures 1000 and 1020: length of the string, the string, its end.
    let digit = bytes[..filled].windows(20).find_map(|window| match window.strip_prefix(b"\x10\0\0\0Word.Document.") {
        Some([digit, 0]) => Some(*digit),
        _ => None,
    });
    Ok(digit)
}

fn look_word(compound: &mut Compound<'_>, id: usize, look: &mut Look) -> Step<()> {
    let place = compound.path(id);
    let version = word_version(compound)?;
    let mut stream = compound.open(id)?;
    // MS-DOC 2.5.2: identifier, version and flags of the file information block.
    let Some(base) = compound.peek::<32>(&mut stream, 0)? else {
        look.format = Some(WORD);
        look.find(ErrorCode::FmtDamaged, &place, "the file information block is cut off");
        return Ok(());
    };
    let (identifier, fib, flags) = (u16_at(&base, 0), u16_at(&base, 2).unwrap_or(0), u16_at(&base, 10).unwrap_or(0));
    let template = flags & 0x0001 != 0;
    let encrypted = flags & 0x0100 != 0;
    look.format = Some(match (version, template, encrypted) {
        (Some(b'8'), false, false) => WORD_97,
        (Some(b'8'), false, true) => WORD_97_PASSWORD,
        (Some(b'8'), true, false) => WORD_97_TEMPLATE,
        (Some(b'8'), true, true) => WORD_97_TEMPLATE_PASSWORD,
        (Some(b'6' | b'7'), ..) => WORD_95,
        _ => WORD,
    });
    // Word 2 in a compound file, Word 6 and 95 with two of East Asia, Word 97 and later.
    if !matches!(identifier, Some(0xA5DB | 0xA5DC | 0xA697 | 0xA699 | 0xA5EC)) {
        look.find(ErrorCode::FmtDamaged, &place, "there is no file information block");
        return Ok(());
    }
    if encrypted {
        look.find(ErrorCode::FmtEncrypted, &place, "the document is encrypted or obfuscated with a password");
    }
    // Word 95 ends at 105; from Word 97 on the text is found by a table in a stream of its own.
    if fib <= 105 {
        return Ok(());
    }
    let table = if flags & 0x0200 == 0 { "0Table" } else { "1Table" };
    let Some(table_bytes) = compound.root_stream(table).and_then(|id| compound.entries.get(id)).map(|e| e.size) else {
        look.find(ErrorCode::FmtDamaged, table, "the table stream is missing");
        return Ok(());
    };
    // MS-DOC 2.5.6: fcClx and lcbClx. Encryption covers this part of the block.
    if !encrypted {
        let clx = compound.peek::<8>(&mut stream, 0x01A2)?;
        let end = clx.and_then(|clx| Some(u64::from(u32_at(&clx, 0)?) + u64::from(u32_at(&clx, 4)?)));
        let length = clx.and_then(|clx| u32_at(&clx, 4)).unwrap_or(0);
        if length == 0 || end.is_none_or(|end| end > table_bytes) {
            look.find(ErrorCode::FmtDamaged, table, "the table of text pieces lies beyond the stream");
        }
    }
    Ok(())
}

/// Record types of workbooks (MS-XLS 2.3).
mod biff {
    pub(super) const EOF: u16 = 0x000A;
    pub(super) const FILE_PASS: u16 = 0x002F;
    pub(super) const TEMPLATE: u16 = 0x0060;
    pub(super) const BOUND_SHEET: u16 = 0x0085;
    pub(super) const SUP_BOOK: u16 = 0x01AE;
}

fn look_excel(compound: &mut Compound<'_>, id: usize, look: &mut Look) -> Step<()> {
    let place = compound.path(id);
    let mut stream = compound.open(id)?;
    let Some(beginning) = compound.peek::<8>(&mut stream, 0)? else {
        look.format = Some(EXCEL);
        look.find(ErrorCode::FmtDamaged, &place, "the beginning of the workbook is cut off");
        return Ok(());
    };
    // MS-XLS 2.4.21: BOF with the version; before Excel 5 the type of the record tells it.
    let version = u16_at(&beginning, 4);
    let kind = u16_at(&beginning, 0);
    look.format = Some(match (kind, version) {
        (Some(0x0809), Some(0x0600)) => EXCEL_97,
        (Some(0x0809), Some(0x0500)) => EXCEL_95,
        (Some(0x0409), _) => EXCEL_4,
        (Some(0x0209), _) => EXCEL_3,
        (Some(0x0009), _) => EXCEL_2,
        _ => EXCEL,
    });
    if look.format == Some(EXCEL) {
        if kind != Some(0x0809) {
            look.find(ErrorCode::FmtDamaged, &place, "the workbook does not begin with a BOF record");
            return Ok(());
        }
        look.find(ErrorCode::FmtOdd, &place, "the version of the workbook is unknown");
    }
    let mut at = 0_u64;
    while let Some(header) = compound.peek::<4>(&mut stream, at)? {
        let (kind, length) = (u16_at(&header, 0).unwrap_or(0), u16_at(&header, 2).unwrap_or(0));
        let body = at + 4;
        at = body + u64::from(length);
        if at > stream.size {
            look.find(ErrorCode::FmtDamaged, &place, "a record continues beyond the end of the workbook");
            break;
        }
        match kind {
            biff::EOF => break,
            biff::FILE_PASS => {
                look.find(ErrorCode::FmtEncrypted, &place, "the workbook is encrypted with a password");
                break;
            }
            // PRONOM container signature 2110: right behind the first record.
            biff::TEMPLATE if length == 0 && body <= 32 && look.format == Some(EXCEL_97) => {
                look.format = Some(EXCEL_97_TEMPLATE);
            }
            biff::BOUND_SHEET => look_sheet(compound, &mut stream, body, &place, look)?,
            biff::SUP_BOOK if version == Some(0x0600) => {
                look_link(compound, &stream, body, length, &place, look)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Looks at the sheet that a record of the globals names (MS-XLS 2.4.28).
fn look_sheet(compound: &mut Compound<'_>, stream: &mut Stream, body: u64, place: &str, look: &mut Look) -> Step<()> {
    let Some(record) = compound.peek::<6>(stream, body)? else { return Ok(()) };
    let start = u64::from(u32_at(&record, 0).unwrap_or(0));
    if start >= stream.size {
        look.find(ErrorCode::FmtDamaged, place, "a sheet lies beyond the end of the workbook");
    }
    match record[5] {
        1 => look.find(ErrorCode::FmtMacros, place, "an Excel 4 macro sheet"),
        6 => look.find(ErrorCode::FmtMacros, place, "a module of Visual Basic"),
        _ => {}
    }
    Ok(())
}

/// Notes a SupBook record that is a link to a program and not to a workbook (MS-XLS 2.4.271).
fn look_link(
    compound: &mut Compound<'_>,
    stream: &Stream,
    body: u64,
    length: u16,
    place: &str,
    look: &mut Look,
) -> Step<()> {
    let mut record = [0; 512];
    let wanted = usize::from(length).min(record.len());
    let filled = compound.read(stream, body, &mut record[..wanted])?;
    let record = &record[..filled];
    let (Some(0), Some(1..=255), Some(wide)) = (u16_at(record, 0), u16_at(record, 2), record.get(4)) else {
        return Ok(());
    };
    // The name of the program and that of the document stand on the two sides of U+0003; paths begin with U+0001.
    let step = if wide & 1 == 0 { 1 } else { 2 };
    let mut letters = record.iter().skip(5).step_by(step);
    if letters.next().is_some_and(|first| *first > 0x03) && letters.any(|letter| *letter == 0x03) {
        look.find(ErrorCode::FmtActive, place, "a DDE or OLE link to another program");
    }
    Ok(())
}

/// Record types of presentations (MS-PPT 2.13.24).
mod atom {
    pub(super) const DOCUMENT: u16 = 0x03E8;
    pub(super) const VBA_INFO: u16 = 0x03FF;
    pub(super) const VBA_INFO_ATOM: u16 = 0x0400;
    pub(super) const OBJECT_LIST: u16 = 0x0409;
    pub(super) const LIST: u16 = 0x07D0;
    pub(super) const OLE_EMBED: u16 = 0x0FCC;
    pub(super) const OLE_CONTROL: u16 = 0x0FEE;
    pub(super) const USER_EDIT: u16 = 0x0FF5;
    pub(super) const CURRENT_USER: u16 = 0x0FF6;
    pub(super) const OBJECT_STORAGE: u16 = 0x1011;
}

fn look_powerpoint(compound: &mut Compound<'_>, id: usize, look: &mut Look, objects: &mut Objects) -> Step<()> {
    // PRONOM container signature 3120: PowerPoint 95 has other streams and another inner format.
    if compound.root_stream("PersistentStorage Directory").is_some()
        && let Some(header) = compound.root_stream("Header")
    {
        let mut header = compound.open(header)?;
        if compound.peek::<28>(&mut header, 0)?.as_ref() == Some(b"Microsoft (R) PowerPoint (R)") {
            look.format = Some(POWERPOINT_95);
            return Ok(());
        }
    }
    look.format = Some(POWERPOINT_97);
    let place = compound.path(id);
    let mut stream = compound.open(id)?;
    let Some(user) = compound.root_stream("Current User") else {
        look.find(ErrorCode::FmtDamaged, "Current User", "the stream that leads to the presentation is missing");
        return walk_records(compound, &mut stream, &place, look, objects);
    };
    let mut user = compound.open(user)?;
    // MS-PPT 2.3.2: header of the record, size, token, offset of the last edit.
    let atom = compound.peek::<20>(&mut user, 0)?;
    let token = atom.as_ref().and_then(|atom| u32_at(atom, 12));
    if token == Some(0xF3D1_C4DF) || compound.root_stream("EncryptedSummary").is_some() {
        look.find(ErrorCode::FmtEncrypted, &place, "the presentation is encrypted with a password");
        return Ok(());
    }
    match atom {
        Some(atom) if u16_at(&atom, 2) == Some(atom::CURRENT_USER) => {
            follow_edits(compound, &mut stream, u32_at(&atom, 16).unwrap_or(0), &place, look)?;
        }
        _ => look.find(ErrorCode::FmtDamaged, "Current User", "the record that leads to the presentation is broken"),
    }
    walk_records(compound, &mut stream, &place, look, objects)
}

/// Follows the edits of a presentation from the last to the first (MS-PPT 2.3.3).
fn follow_edits(compound: &mut Compound<'_>, stream: &mut Stream, last: u32, place: &str, look: &mut Look) -> Step<()> {
    let mut at = last;
    for _ in 0..EDITS_MAX {
        let edit = compound.peek::<20>(stream, u64::from(at))?;
        let Some(edit) = edit.filter(|edit| u16_at(edit, 2) == Some(atom::USER_EDIT)) else {
            look.find(ErrorCode::FmtDamaged, place, "an edit of the presentation is missing");
            return Ok(());
        };
        match u32_at(&edit, 16).unwrap_or(0) {
            0 => return Ok(()),
            // MS-PPT 2.3.3: offsetLastEdit is of an earlier edit, and edits are appended.
            before if before < at => at = before,
            _ => break,
        }
    }
    look.find(ErrorCode::FmtLoop, place, "the edits of the presentation go in a circle");
    Ok(())
}

/// Goes through the records of a presentation, into those that can have macros and objects.
fn walk_records(
    compound: &mut Compound<'_>,
    stream: &mut Stream,
    place: &str,
    look: &mut Look,
    objects: &mut Objects,
) -> Step<()> {
    let project = Finder::new(b"_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0");
    let mut at = 0_u64;
    while let Some(header) = compound.peek::<8>(stream, at)? {
        let (instance, kind) = (u16_at(&header, 0).unwrap_or(0) >> 4, u16_at(&header, 2).unwrap_or(0));
        let length = u64::from(u32_at(&header, 4).unwrap_or(0));
        let body = at + 8;
        at = body + length;
        if at > stream.size {
            // The edits tell where the records are: between them a program may have left rubbish.
            look.find(ErrorCode::FmtOdd, place, "a record continues beyond the end of the presentation");
            break;
        }
        match kind {
            atom::DOCUMENT | atom::LIST | atom::VBA_INFO | atom::OBJECT_LIST => at = body,
            atom::VBA_INFO_ATOM => {
                // MS-PPT 2.4.11: fHasMacros.
                let info = compound.peek::<8>(stream, body)?;
                if info.and_then(|info| u32_at(&info, 4)).is_some_and(|has| has != 0) {
                    look.find(ErrorCode::FmtMacros, place, "a VBA project");
                }
            }
            atom::OLE_EMBED | atom::OLE_CONTROL => add_object(objects, || place.to_owned()),
            // MS-PPT 2.10.34, 2.10.35: the instance tells whether the storage is packed.
            atom::OBJECT_STORAGE => {
                let object = Object { at: body, end: at, packed: instance == 1, place };
                look_object(compound, stream, &object, &project, look)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The storage of an embedded object or of the VBA project, inside a presentation.
struct Object<'a> {
    at: u64,
    end: u64,
    packed: bool,
    place: &'a str,
}

/// Notes a directory entry of a VBA project in the storage of an object.
fn look_object(
    compound: &mut Compound<'_>,
    stream: &Stream,
    object: &Object<'_>,
    project: &Finder<'_>,
    look: &mut Look,
) -> Step<()> {
    let Object { at, end, packed, place } = *object;
    compound.spend(OBJECT_COST)?;
    let overlap = project.needle().len();
    let mut inflate = packed.then(|| Decompress::new(true));
    // The size of the unpacked storage stands before packed bytes; it is not believed.
    let mut at = if packed { at + 4 } else { at };
    let mut input = vec![0; CHUNK_BYTES];
    let mut searched = Vec::with_capacity(CHUNK_BYTES * 2);
    while at < end {
        let take = usize::try_from(end - at).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        let filled = compound.read(stream, at, &mut input[..take])?;
        if filled == 0 {
            // The cut chain is noted already.
            return Ok(());
        }
        at += u64::try_from(filled).unwrap_or(0);
        let mut rest = &input[..filled];
        loop {
            // What was searched stays only as far as a name can lie across its end.
            searched.drain(..searched.len().saturating_sub(overlap));
            let Some(inflate) = inflate.as_mut() else {
                searched.extend_from_slice(rest);
                if project.find(&searched).is_some() {
                    look.find(ErrorCode::FmtMacros, place, "a VBA project");
                    return Ok(());
                }
                break;
            };
            let (read, written) = (inflate.total_in(), inflate.total_out());
            let Ok(status) = inflate.decompress_vec(rest, &mut searched, FlushDecompress::None) else {
                look.find(ErrorCode::FmtDamaged, place, "an embedded object cannot be unpacked");
                return Ok(());
            };
            let used = usize::try_from(inflate.total_in() - read).unwrap_or(rest.len());
            let grown = usize::try_from(inflate.total_out() - written).unwrap_or(CHUNK_BYTES);
            rest = rest.get(used..).unwrap_or_default();
            compound.spend(grown)?;
            if project.find(&searched).is_some() {
                look.find(ErrorCode::FmtMacros, place, "a VBA project");
                return Ok(());
            }
            if inflate.total_out() > OBJECT_BYTES_MAX.max(inflate.total_in().saturating_mul(OBJECT_RATIO_MAX)) {
                look.find(ErrorCode::FmtBomb, place, "an embedded object grows beyond measure when it is unpacked");
                return Ok(());
            }
            if status == Status::StreamEnd {
                return Ok(());
            }
            if grown == 0 && (used == 0 || rest.is_empty()) {
                break;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::ole::look;
    use super::super::ole::tests::made;
    use super::*;
    use crate::ingest::identify::Budget;
    use std::io::{Cursor, Write};

    fn looked(streams: &[(&str, Vec<u8>)]) -> Look {
        let file = made::file(streams);
        let size = u64::try_from(file.len()).unwrap();
        look(&mut Cursor::new(file), size, Some(Family::Pptx), &mut Budget::default()).unwrap()
    }

    fn puid(look: &Look) -> &'static str {
        look.format.and_then(|format| format.puid).unwrap_or("none")
    }

    fn codes(look: &Look) -> Vec<ErrorCode> {
        look.findings.iter().map(|finding| finding.code).collect()
    }

    const NONE: [ErrorCode; 0] = [];

    fn comp_obj(program: &str) -> Vec<u8> {
        let mut bytes = vec![0; 60];
        bytes.extend(u32::try_from(program.len() + 1).unwrap().to_le_bytes());
        bytes.extend(program.as_bytes());
        bytes.resize(bytes.len() + 9, 0);
        bytes
    }

    fn word(identifier: u16, version: u16, flags: u16) -> Vec<u8> {
        let mut fib = vec![0; 0x400];
        fib[..2].copy_from_slice(&identifier.to_le_bytes());
        fib[2..4].copy_from_slice(&version.to_le_bytes());
        fib[10..12].copy_from_slice(&flags.to_le_bytes());
        fib[0x01A2..0x01A6].copy_from_slice(&10_u32.to_le_bytes());
        fib[0x01A6..0x01AA].copy_from_slice(&90_u32.to_le_bytes());
        fib
    }

    fn document(program: &str, identifier: u16, version: u16, flags: u16) -> Look {
        looked(&[
            ("\u{1}CompObj", comp_obj(program)),
            ("WordDocument", word(identifier, version, flags)),
            ("0Table", vec![0; 100]),
        ])
    }

    #[test]
    fn word_versions_are_told_apart() {
        let of = |program, identifier, version, flags| {
            let look = document(program, identifier, version, flags);
            (puid(&look), codes(&look))
        };
        assert_eq!(of("Word.Document.8", 0xA5EC, 0xC1, 0), ("fmt/40", vec![]));
        assert_eq!(of("Word.Document.8", 0xA5EC, 0xC1, 0x0100), ("fmt/754", vec![ErrorCode::FmtEncrypted]));
        assert_eq!(of("Word.Document.8", 0xA5EC, 0xC1, 1), ("x-fmt/45", vec![]));
        assert_eq!(of("Word.Document.8", 0xA5EC, 0xC1, 0x0101), ("fmt/755", vec![ErrorCode::FmtEncrypted]));
        assert_eq!(of("Word.Document.7", 0xA5DC, 0x68, 0), ("fmt/39", vec![]));
        assert_eq!(of("Word.Document.6", 0xA5DC, 0x65, 0x0100), ("fmt/39", vec![ErrorCode::FmtEncrypted]));
        assert_eq!(of("Some.Program.8", 0xA5EC, 0xC1, 0), ("fmt/609", vec![]));
        assert_eq!(of("Word.Document.8", 0x1234, 0xC1, 0), ("fmt/40", vec![ErrorCode::FmtDamaged]));
        // The other table stream is not there.
        assert_eq!(of("Word.Document.8", 0xA5EC, 0xC1, 0x0200), ("fmt/40", vec![ErrorCode::FmtDamaged]));
    }

    #[test]
    fn a_word_document_needs_its_text_table() {
        let with = |table| codes(&looked(&[("WordDocument", word(0xA5EC, 0xC1, 0)), ("0Table", vec![0; table])]));
        assert_eq!(with(100), NONE);
        assert_eq!(with(99), [ErrorCode::FmtDamaged]);
        assert_eq!(codes(&looked(&[("WordDocument", vec![0xEC, 0xA5])])), [ErrorCode::FmtDamaged]);
    }

    fn record(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = kind.to_le_bytes().to_vec();
        bytes.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
        bytes.extend(body);
        bytes
    }

    fn workbook(version: u16, records: &[Vec<u8>]) -> Vec<u8> {
        let [low, high] = version.to_le_bytes();
        let mut bytes = record(0x0809, &[low, high, 5, 0, 0, 0, 0, 0]);
        bytes.extend(records.concat());
        bytes.extend(record(biff::EOF, &[]));
        bytes
    }

    #[test]
    fn excel_versions_are_told_apart() {
        let of = |name, bytes| {
            let look = looked(&[(name, bytes)]);
            (puid(&look), codes(&look))
        };
        assert_eq!(of("Workbook", workbook(0x0600, &[])), ("fmt/61", vec![]));
        assert_eq!(of("BOOK", workbook(0x0600, &[])), ("fmt/61", vec![]));
        assert_eq!(of("Book", workbook(0x0500, &[])), ("fmt/59", vec![]));
        assert_eq!(of("Workbook", workbook(0x0600, &[record(biff::TEMPLATE, &[])])), ("x-fmt/17", vec![]));
        assert_eq!(of("Workbook", workbook(0x0700, &[])), ("none", vec![ErrorCode::FmtOdd]));
        assert_eq!(of("Book", [0x09, 0x04, 6, 0, 0, 0, 0x10, 0, 0, 0].to_vec()), ("fmt/57", vec![]));
        assert_eq!(of("Workbook", vec![0; 100]), ("none", vec![ErrorCode::FmtDamaged]));
        assert_eq!(of("Workbook", vec![9, 8, 8]), ("none", vec![ErrorCode::FmtDamaged]));
    }

    #[test]
    fn what_workbooks_carry_is_found() {
        let of = |kind, body: &[u8]| codes(&looked(&[("Workbook", workbook(0x0600, &[record(kind, body)]))]));
        assert_eq!(of(biff::FILE_PASS, &[1, 0]), [ErrorCode::FmtEncrypted]);
        assert_eq!(of(biff::BOUND_SHEET, &[12, 0, 0, 0, 0, 0, 1, 0, b'a']), NONE);
        assert_eq!(of(biff::BOUND_SHEET, &[12, 0, 0, 0, 0, 1, 1, 0, b'a']), [ErrorCode::FmtMacros]);
        assert_eq!(of(biff::BOUND_SHEET, &[0, 1, 0, 0, 0, 0, 1, 0, b'a']), [ErrorCode::FmtDamaged]);
        // Excel itself, a workbook in another folder, a command.
        assert_eq!(of(biff::SUP_BOOK, &[1, 0, 1, 4]), NONE);
        assert_eq!(of(biff::SUP_BOOK, b"\0\0\x05\0\0\x01A\x03bc"), NONE);
        assert_eq!(of(biff::SUP_BOOK, b"\0\0\x05\0\0cmd\x03x"), [ErrorCode::FmtActive]);
        assert_eq!(of(biff::SUP_BOOK, b"\0\0\x03\0\x01c\0\x03\0x\0"), [ErrorCode::FmtActive]);
        let mut cut = workbook(0x0600, &[record(0x00FC, &[0; 50])]);
        cut.truncate(cut.len() - 10);
        assert_eq!(codes(&looked(&[("Workbook", cut)])), [ErrorCode::FmtDamaged]);
    }

    fn atom(instance: u16, kind: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = (instance << 4).to_le_bytes().to_vec();
        bytes.extend(kind.to_le_bytes());
        bytes.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
        bytes.extend(body);
        bytes
    }

    fn current_user(token: u32, edit: usize) -> Vec<u8> {
        let mut body = 20_u32.to_le_bytes().to_vec();
        body.extend(token.to_le_bytes());
        body.extend(u32::try_from(edit).unwrap().to_le_bytes());
        atom(0, atom::CURRENT_USER, &body)
    }

    /// A presentation of these records and one edit, which says that this other edit was before.
    fn presentation(records: &[Vec<u8>], before: u32) -> Look {
        let mut bytes = records.concat();
        let edit = bytes.len();
        let mut body = vec![0; 28];
        body[8..12].copy_from_slice(&before.to_le_bytes());
        bytes.extend(atom(0, atom::USER_EDIT, &body));
        looked(&[("PowerPoint Document", bytes), ("Current User", current_user(0xE391_C05F, edit))])
    }

    #[test]
    fn powerpoint_versions_are_told_apart() {
        assert_eq!(puid(&presentation(&[], 0)), "fmt/126");
        assert_eq!(puid(&looked(&[("PP40", vec![1; 50])])), "x-fmt/88");
        let mut streams = vec![
            ("Header", b"Microsoft (R) PowerPoint (R) Windows  \0\x07".to_vec()),
            ("PersistentStorage Directory", vec![0; 10]),
            ("PowerPoint Document", vec![0; 10]),
        ];
        let look = looked(&streams);
        assert_eq!((puid(&look), codes(&look)), ("fmt/125", vec![]));
        streams.remove(1);
        assert_eq!(puid(&looked(&streams)), "fmt/126");
    }

    #[test]
    fn edits_of_a_presentation_are_followed() {
        assert_eq!(codes(&presentation(&[], 0)), NONE);
        assert_eq!(codes(&presentation(&[atom(0, 1, &[0; 40])], 4)), [ErrorCode::FmtDamaged]);
        assert_eq!(codes(&presentation(&[atom(0, 1, &[0; 40])], 48)), [ErrorCode::FmtLoop]);
        assert_eq!(codes(&looked(&[("PowerPoint Document", vec![])])), [ErrorCode::FmtDamaged]);
        let encrypted = [("PowerPoint Document", vec![7; 30]), ("Current User", current_user(0xF3D1_C4DF, 0))];
        assert_eq!(codes(&looked(&encrypted)), [ErrorCode::FmtEncrypted]);
    }

    #[test]
    fn macros_and_objects_of_a_presentation_are_found() {
        let inside = |kind, body: Vec<u8>| {
            let list = atom(0, atom::LIST, &atom(1, kind, &body));
            codes(&presentation(&[atom(0, atom::DOCUMENT, &list)], 0))
        };
        let info = |has: u8| atom(0, atom::VBA_INFO_ATOM, &[1, 0, 0, 0, has, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(inside(atom::VBA_INFO, info(1)), [ErrorCode::FmtMacros]);
        assert_eq!(inside(atom::VBA_INFO, info(0)), NONE);
        assert_eq!(inside(atom::OLE_EMBED, vec![]), [ErrorCode::FmtEmbedded]);

        let storage = |instance, bytes: &[u8]| codes(&presentation(&[atom(instance, atom::OBJECT_STORAGE, bytes)], 0));
        let with = made::file(&[("VBA/_VBA_PROJECT", vec![1; 20_000])]);
        let without = made::file(&[("VB/_VB_PROJECT", vec![1; 20_000])]);
        let packed = |bytes: &[u8]| {
            let mut encoder = flate2::write::ZlibEncoder::new(vec![0; 4], flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(storage(0, &with), [ErrorCode::FmtMacros]);
        assert_eq!(storage(0, &without), NONE);
        assert_eq!(storage(1, &packed(&with)), [ErrorCode::FmtMacros]);
        assert_eq!(storage(1, &packed(&without)), NONE);
        assert_eq!(storage(1, &[0xFF; 40]), [ErrorCode::FmtDamaged]);
        let far = [vec![0; CHUNK_BYTES - 520], with].concat();
        assert_eq!(storage(0, &far), [ErrorCode::FmtMacros], "across the end of what is searched at once");
        assert_eq!(storage(1, &packed(&vec![0; 80 * 1024 * 1024])), [ErrorCode::FmtBomb]);
    }

    #[test]
    fn encrypted_packages_have_the_family_of_the_name() {
        let streams = [("EncryptedPackage", vec![0; 90]), ("WordDocument", vec![0; 90])];
        let look = looked(&streams);
        assert_eq!((puid(&look), codes(&look)), ("fmt/494", vec![ErrorCode::FmtEncrypted]));
        assert_eq!(look.format.map(|format| format.family), Some(Family::Pptx));
    }

    #[test]
    fn macros_and_objects_in_storages_are_found() {
        let with = |path: &str| {
            let look = looked(&[("Workbook", workbook(0x0600, &[])), (path, vec![1; 9])]);
            look.findings.iter().map(|finding| (finding.code, finding.place.clone())).collect::<Vec<_>>()
        };
        let found = |code, place: &str| vec![(code, place.to_owned())];
        assert_eq!(with("Macros/VBA/dir"), found(ErrorCode::FmtMacros, "Macros/VBA/dir"));
        assert_eq!(with("x/_vba_project"), found(ErrorCode::FmtMacros, "x/_vba_project"));
        assert_eq!(with("Macros/dir"), []);
        assert_eq!(with("MBD0001/Package"), found(ErrorCode::FmtEmbedded, "MBD0001"));
        assert_eq!(with("ObjectPool/_12/\u{1}Ole10Native"), found(ErrorCode::FmtEmbedded, "ObjectPool/_12"));
        assert_eq!(with("ObjectPool/"), []);
        assert_eq!(with("x/\u{1}Ole10Native"), found(ErrorCode::FmtEmbedded, "x/Ole10Native"));
    }

    #[test]
    fn others_are_named_and_two_at_once_are_noticed() {
        assert_eq!(puid(&looked(&[("__properties_version1.0", vec![1; 40])])), "x-fmt/430");
        assert_eq!(puid(&looked(&[("Something", vec![1; 40])])), "fmt/111");
        let two = looked(&[("Workbook", workbook(0x0600, &[])), ("PP40", vec![1; 50])]);
        assert_eq!(codes(&two), [ErrorCode::FmtPolyglot]);
    }

    #[test]
    fn a_lost_directory_leaves_a_guess() {
        let mut file = vec![0; 512];
        file[..8].copy_from_slice(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]);
        file.extend([0x09, 0x08, 0x10, 0, 0, 6, 5, 0]);
        let look = look(&mut Cursor::new(file), 520, None, &mut Budget::default()).unwrap();
        assert_eq!((puid(&look), codes(&look)), ("fmt/61", vec![ErrorCode::FmtDamaged]));
        assert_eq!(look.format.map(|format| format.basis), Some(Basis::Signature));
    }
}
