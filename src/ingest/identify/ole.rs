//! OLE2 compound files ([MS-CFB]): the file system inside DOC, XLS, PPT and encrypted Office Open XML.
//!
//! [`look`] reads the allocation tables and the directory, follows the chain of every stream once, and hands the file
//! to [`ole_office`], which knows what the streams mean.
//!
//! Invariants
//!   - No table is larger than the file has sectors; no sector is followed twice, so a look is linear in the file.
//!   - A stream is read only where its chain stands and the file has bytes.
//!
//! A last sector that is cut where nothing is needed is usual in real files and no finding.

use super::ole_office;
use super::{Basis, Budget, Family, Format, Look, Source};
use crate::error::ErrorCode;
use std::io::{self, SeekFrom};

/// First bytes of every compound file (MS-CFB 2.2).
const SIGNATURE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
/// Bytes of the header, and FAT sectors that it lists itself (MS-CFB 2.2).
const HEADER_BYTES: usize = 512;
const HEADER_FAT_SECTORS: usize = 109;
/// Largest regular sector number and stream id; greater values are marks (MS-CFB 2.1).
const REGULAR_MAX: u32 = 0xFFFF_FFFA;
/// End of a chain.
const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
/// A sector that is in no chain. Table entries that cannot be read count as such.
const FREE: u32 = 0xFFFF_FFFF;
/// No entry of the directory.
const NO_STREAM: u32 = 0xFFFF_FFFF;
/// Bytes of one entry of the directory (MS-CFB 2.6.1).
const ENTRY_BYTES: usize = 128;
/// Entries of one directory. Own bound: real documents have tens, mailbox items a few thousand.
const ENTRIES_MAX: usize = 100_000;
/// Storages in storages. Own bound: every embedded object adds two levels, and nobody nests a dozen.
const DEPTH_MAX: u32 = 32;
/// Sectors of one file: 512 MiB of the smallest. Own bound, so that all tables together stay below 80 MiB.
const SECTORS_MAX: u64 = 1024 * 1024;
/// Bytes of a stream that are kept while it is read.
const WINDOW_BYTES: usize = 4096;
/// The least that one reading costs of the work budget: a file of tiny pieces costs calls, not bytes.
const READ_COST_MIN: u64 = 2048;

/// Why a look stops before its end.
pub(super) enum Stop {
    /// The source reported an error.
    Io(io::Error),
    /// The work budget is spent.
    Spent,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A step of a look.
pub(super) type Step<T> = Result<T, Stop>;

/// What is wrong with a chain of sectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It comes back to one of its own sectors.
    Loop,
    /// It needs bytes beyond the end of the file.
    Cut,
    /// It ends before its stream does.
    Short,
    /// It runs into the chain of another stream.
    Shared,
}

impl Fault {
    fn code(self) -> ErrorCode {
        match self {
            Self::Loop => ErrorCode::FmtLoop,
            Self::Cut | Self::Short | Self::Shared => ErrorCode::FmtDamaged,
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::Loop => "the chain of sectors goes in a circle",
            Self::Cut => "the stream continues beyond the end of the file",
            Self::Short => "the chain of sectors ends before the stream",
            Self::Shared => "the chain of sectors runs into another stream",
        }
    }
}

/// One entry of the directory.
pub(super) struct Entry {
    /// Its name; control characters at its beginning belong to it.
    pub(super) name: String,
    /// What it is.
    pub(super) kind: Kind,
    /// The storage that it is in: an index of [`Compound::entries`]; its own index when no storage lists it.
    pub(super) parent: usize,
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    /// Bytes of the stream.
    pub(super) size: u64,
    reached: bool,
}

/// Kinds of entries (MS-CFB 2.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The root storage.
    Root,
    /// A storage: what folders are elsewhere.
    Storage,
    /// A stream: what files are elsewhere.
    Stream,
    /// An unused entry.
    Unused,
}

/// A stream that is open for reading.
pub(super) struct Stream {
    /// Bytes of it, as the directory says.
    pub(super) size: u64,
    sectors: Vec<u32>,
    mini: bool,
    window: Vec<u8>,
    window_at: u64,
}

/// A compound file.
pub(super) struct Compound<'a> {
    source: &'a mut dyn Source,
    work: &'a mut Budget,
    file_bytes: u64,
    sector_bytes: u64,
    mini_sector_bytes: u64,
    mini_cutoff: u64,
    first_directory: u32,
    first_mini_fat: u32,
    fat: Vec<u32>,
    /// The chain that each sector was met in, zero for none yet.
    owners: Vec<u32>,
    /// The chain that each sector was met in behind the end of its stream.
    tails: Vec<u32>,
    mini_fat: Vec<u32>,
    mini_owners: Vec<u32>,
    /// Sectors of the mini stream.
    mini_stream: Vec<u32>,
    /// The directory; the root storage comes first.
    pub(super) entries: Vec<Entry>,
}

/// Looks inside a compound file of `size` bytes.
///
/// `name_family` is what the name of the file promises: encryption hides which Office Open XML format is inside.
///
/// # Errors
/// Only what the source itself reports; damage is a finding.
pub(super) fn look(
    source: &mut dyn Source,
    size: u64,
    name_family: Option<Family>,
    work: &mut Budget,
) -> io::Result<Look> {
    let mut look = Look::default();
    match look_into(source, size, name_family, work, &mut look) {
        Ok(()) => {}
        Err(Stop::Spent) => look.find(ErrorCode::FmtTooComplex, "", "reading the compound file took too much work"),
        Err(Stop::Io(error)) => return Err(error),
    }
    Ok(look)
}

fn look_into(
    source: &mut dyn Source,
    size: u64,
    name_family: Option<Family>,
    work: &mut Budget,
    look: &mut Look,
) -> Step<()> {
    let mut header = [0; HEADER_BYTES];
    let filled = read_at(source, work, 0, &mut header)?;
    if !header.starts_with(&SIGNATURE) {
        return Ok(());
    }
    look.format = Some(COMPOUND);
    if filled < HEADER_BYTES {
        look.find(ErrorCode::FmtDamaged, "", "the header of the compound file is cut off");
        return Ok(());
    }
    // The first sector is where most programs put the main stream: it names the family when nothing else can be read.
    let mut first = [0; 8];
    let filled = read_at(source, work, 512, &mut first)?;
    look.format = Some(ole_office::guess(&first[..filled]).unwrap_or(COMPOUND));

    let Some(mut compound) = Compound::new(source, size, work, &header, look)? else { return Ok(()) };
    compound.load_fat(&header, look)?;
    compound.load_directory(look)?;
    compound.walk_tree(look);
    compound.load_mini(look)?;
    compound.check_streams(look)?;
    compound.check_tail(look);
    ole_office::look(&mut compound, name_family, look)
}

/// A compound file of no kind that is known better.
pub(super) const COMPOUND: Format = Format {
    family: Family::Other,
    puid: Some("fmt/111"),
    name: "OLE2 Compound Document Format",
    version: "",
    basis: Basis::Signature,
};

impl<'a> Compound<'a> {
    /// Reads the header; none when nothing can be read by it.
    fn new(
        source: &'a mut dyn Source,
        size: u64,
        work: &'a mut Budget,
        header: &[u8; HEADER_BYTES],
        look: &mut Look,
    ) -> Step<Option<Self>> {
        // MS-CFB 2.2: versions 3 and 4 have sectors of 512 and 4096 bytes, mini sectors of 64.
        let sector_bytes = match u16_at(header, 30) {
            Some(9) => 512,
            Some(12) => 4096,
            _ => 0,
        };
        if u16_at(header, 28) != Some(0xFFFE) || sector_bytes == 0 || u16_at(header, 32) != Some(6) {
            look.find(ErrorCode::FmtDamaged, "", "the header of the compound file gives impossible sector sizes");
            return Ok(None);
        }
        // MS-CFB 2.2: streams below 4096 bytes are in the mini stream. Not all readers believe what the header says.
        let mini_cutoff = u32_at(header, 56).unwrap_or(0);
        if mini_cutoff != 4096 {
            look.find(ErrorCode::FmtOdd, "", format!("the mini stream takes streams below {mini_cutoff} bytes"));
        }
        let sectors = size.saturating_sub(sector_bytes).div_ceil(sector_bytes);
        let Some(count) = usize::try_from(sectors).ok().filter(|_| sectors <= SECTORS_MAX) else {
            look.find(ErrorCode::FmtTooComplex, "", format!("the compound file has {sectors} sectors"));
            return Ok(None);
        };
        // The bounds of allocation below are those of the file; these are for the tables of owners.
        if !work.spend(sectors.saturating_mul(8)) {
            return Err(Stop::Spent);
        }
        Ok(Some(Self {
            source,
            work,
            file_bytes: size,
            sector_bytes,
            mini_sector_bytes: 64,
            mini_cutoff: u64::from(mini_cutoff),
            first_directory: u32_at(header, 48).unwrap_or(FREE),
            first_mini_fat: u32_at(header, 60).unwrap_or(FREE),
            fat: Vec::new(),
            owners: vec![0; count],
            tails: vec![0; count],
            mini_fat: Vec::new(),
            mini_owners: Vec::new(),
            mini_stream: Vec::new(),
            entries: Vec::new(),
        }))
    }

    /// Reads the FAT, as far as the file has sectors (MS-CFB 2.3, 2.5).
    fn load_fat(&mut self, header: &[u8; HEADER_BYTES], look: &mut Look) -> Step<()> {
        let sectors = self.owners.len();
        let mut places: Vec<u32> = (0..HEADER_FAT_SECTORS).filter_map(|index| u32_at(header, 76 + index * 4)).collect();
        let per_sector = self.entries_per_sector();
        let wanted = sectors.div_ceil(per_sector);
        let mut next = u32_at(header, 68).unwrap_or(END_OF_CHAIN);
        while places.len() < wanted && next <= REGULAR_MAX {
            match self.owners.get_mut(index(next)) {
                Some(owner) if *owner != 0 => {
                    look.find(ErrorCode::FmtLoop, "", "the list of allocation tables goes in a circle");
                    break;
                }
                Some(owner) => *owner = OWNER_TABLES,
                None => {
                    look.find(ErrorCode::FmtDamaged, "", "a list of allocation tables lies beyond the end of the file");
                    break;
                }
            }
            let mut listed = self.sector_of_numbers(next)?;
            next = listed.pop().unwrap_or(END_OF_CHAIN);
            places.append(&mut listed);
        }
        places.truncate(wanted);
        // MS-CFB 2.2: what the list has no table for is marked free, behind all tables.
        while places.last().is_some_and(|place| *place > REGULAR_MAX) {
            places.pop();
        }
        for place in places {
            if place <= REGULAR_MAX && index(place) < sectors {
                let mut numbers = self.sector_of_numbers(place)?;
                self.fat.append(&mut numbers);
            } else {
                // A table that is not there: what it would say is unknown, and chains through it end.
                self.fat.resize(self.fat.len() + per_sector, FREE);
            }
        }
        // All streams can be whole although the file is cut: then what is missing is not of the document.
        let missing = self.fat.iter().skip(sectors).filter(|number| !matches!(**number, FREE | 0)).count();
        if missing != 0 {
            look.find(
                ErrorCode::FmtOdd,
                "",
                format!("the file ends {missing} sectors before its allocation table does"),
            );
        }
        self.fat.truncate(sectors);
        Ok(())
    }

    /// Reads the entries of the directory (MS-CFB 2.6).
    fn load_directory(&mut self, look: &mut Look) -> Step<()> {
        let mut sectors = Vec::new();
        let fault = self.follow(self.first_directory, None, OWNER_DIRECTORY, Some(&mut sectors))?;
        if let Some(fault) = fault {
            look.find(fault.code(), "", format!("directory: {}", fault.detail()));
        }
        let mut buffer = vec![0; usize::try_from(self.sector_bytes).unwrap_or(HEADER_BYTES)];
        for sector in sectors {
            let offset = self.offset(sector);
            let filled = read_at(self.source, self.work, offset, &mut buffer)?;
            for bytes in buffer[..filled].chunks_exact(ENTRY_BYTES) {
                if self.entries.len() == ENTRIES_MAX {
                    let detail = format!("the directory has more than {ENTRIES_MAX} entries");
                    look.find(ErrorCode::FmtEntriesTooMany, "", detail);
                    return Ok(());
                }
                let entry = self.entry(bytes);
                self.entries.push(entry);
            }
        }
        if self.entries.first().is_none_or(|root| root.kind != Kind::Root) {
            look.find(ErrorCode::FmtDamaged, "", "the directory has no root");
        }
        Ok(())
    }

    fn entry(&self, bytes: &[u8]) -> Entry {
        let units: Vec<u16> =
            (0..32).filter_map(|unit| u16_at(bytes, unit * 2)).take_while(|unit| *unit != 0).collect();
        let high = if self.sector_bytes == 512 { 0 } else { u64::from(u32_at(bytes, 124).unwrap_or(0)) };
        Entry {
            name: String::from_utf16_lossy(&units),
            kind: match bytes.get(66) {
                Some(1) => Kind::Storage,
                Some(2) => Kind::Stream,
                Some(5) => Kind::Root,
                _ => Kind::Unused,
            },
            parent: self.entries.len(),
            left: u32_at(bytes, 68).unwrap_or(NO_STREAM),
            right: u32_at(bytes, 72).unwrap_or(NO_STREAM),
            child: u32_at(bytes, 76).unwrap_or(NO_STREAM),
            start: u32_at(bytes, 116).unwrap_or(END_OF_CHAIN),
            // MS-CFB 2.6.1: writers of version 3 left rubbish in the upper half of the size.
            size: high << 32 | u64::from(u32_at(bytes, 120).unwrap_or(0)),
            reached: false,
        }
    }

    /// Finds the storage of every entry (MS-CFB 2.6.4).
    fn walk_tree(&mut self, look: &mut Look) {
        let Some(root) = self.entries.first_mut() else { return };
        root.reached = true;
        let mut open = vec![(root.child, 0, 1)];
        let mut broken = false;
        while let Some((id, parent, depth)) = open.pop() {
            if id == NO_STREAM {
                continue;
            }
            let Some(entry) = self.entries.get_mut(index(id)) else {
                look.find(ErrorCode::FmtDamaged, "", "an entry of the directory is missing");
                broken = true;
                continue;
            };
            if entry.reached {
                look.find(ErrorCode::FmtLoop, "", "the tree of the directory goes in a circle");
                broken = true;
                continue;
            }
            entry.reached = true;
            if entry.kind == Kind::Unused {
                look.find(ErrorCode::FmtDamaged, "", "an entry of the directory is empty");
                broken = true;
                continue;
            }
            entry.parent = parent;
            open.push((entry.left, parent, depth));
            open.push((entry.right, parent, depth));
            if entry.kind != Kind::Storage || entry.child == NO_STREAM {
                continue;
            }
            if depth < DEPTH_MAX {
                open.push((entry.child, index(id), depth + 1));
            } else {
                look.find(ErrorCode::FmtNested, "", format!("storages are nested more than {DEPTH_MAX} deep"));
            }
        }
        if broken {
            // What a damaged tree does not reach may still be the document: take it for a child of the root.
            for entry in self.entries.iter_mut().filter(|entry| !entry.reached && entry.kind == Kind::Stream) {
                entry.reached = true;
                entry.parent = 0;
            }
        }
    }

    /// Reads the table of mini sectors and finds the stream that they are in (MS-CFB 2.4).
    fn load_mini(&mut self, look: &mut Look) -> Step<()> {
        let Some(root) = self.entries.first() else { return Ok(()) };
        let (start, size) = (root.start, root.size);
        if size == 0 || root.kind != Kind::Root {
            return Ok(());
        }
        let mut sectors = Vec::new();
        // Mini streams find out themselves what is missing here: nothing is wrong with an end that none of them needs.
        if self.follow(start, Some(size), OWNER_MINI_STREAM, Some(&mut sectors))? == Some(Fault::Loop) {
            look.find(ErrorCode::FmtLoop, "", format!("mini stream: {}", Fault::Loop.detail()));
        }
        let per_sector = usize::try_from(self.sector_bytes / self.mini_sector_bytes).unwrap_or(1);
        let count = sectors.len().saturating_mul(per_sector);
        self.mini_stream = sectors;
        let mut tables = Vec::new();
        let table_bytes = u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(4);
        if self.follow(self.first_mini_fat, Some(table_bytes), OWNER_MINI_FAT, Some(&mut tables))? == Some(Fault::Loop)
        {
            look.find(ErrorCode::FmtLoop, "", format!("mini FAT: {}", Fault::Loop.detail()));
        }
        for table in tables {
            if self.mini_fat.len() >= count {
                break;
            }
            let mut numbers = self.sector_of_numbers(table)?;
            self.mini_fat.append(&mut numbers);
        }
        self.mini_fat.truncate(count);
        self.mini_owners = vec![0; count];
        Ok(())
    }

    /// Follows every stream to its end.
    fn check_streams(&mut self, look: &mut Look) -> Step<()> {
        // One finding for each kind of damage: a cut file has it in all streams behind the cut.
        let mut met: Vec<(Fault, usize, usize)> = Vec::new();
        for id in 0..self.entries.len() {
            let Some(fault) = self.check_stream(id)? else { continue };
            match met.iter_mut().find(|(known, ..)| *known == fault) {
                Some((_, _, more)) => *more += 1,
                None => met.push((fault, id, 0)),
            }
        }
        for (fault, id, more) in met {
            let others = if more == 0 { String::new() } else { format!("; {more} more streams likewise") };
            look.find(fault.code(), &self.path(id), format!("{}{others}", fault.detail()));
        }
        Ok(())
    }

    fn check_stream(&mut self, id: usize) -> Step<Option<Fault>> {
        let Some(entry) = self.entries.get(id) else { return Ok(None) };
        if entry.kind != Kind::Stream || !entry.reached || entry.size == 0 {
            return Ok(None);
        }
        let (start, size, owner) = (entry.start, entry.size, owner_of(id));
        if size < self.mini_cutoff {
            self.follow_mini(start, size, owner, None)
        } else {
            self.follow(start, Some(size), owner, None)
        }
    }

    /// Notes bytes behind everything that the FAT tells about.
    fn check_tail(&self, look: &mut Look) {
        let told =
            u64::try_from(self.fat.len()).unwrap_or(u64::MAX).saturating_add(1).saturating_mul(self.sector_bytes);
        let beyond = self.file_bytes.saturating_sub(told);
        // Less than a sector is the line end or padding of a careless transfer.
        if beyond >= self.sector_bytes {
            look.find(ErrorCode::FmtOdd, "", format!("{beyond} bytes follow the end of the compound file"));
        }
    }

    /// Follows a chain of sectors from `start`: `size` bytes of it, or to its end when that is none.
    ///
    /// The sectors that can be read are put into `kept`.
    fn follow(
        &mut self,
        start: u32,
        size: Option<u64>,
        owner: u32,
        mut kept: Option<&mut Vec<u32>>,
    ) -> Step<Option<Fault>> {
        let mut left = size.unwrap_or(u64::MAX);
        let mut sector = start;
        loop {
            if !self.work.spend(4) {
                return Err(Stop::Spent);
            }
            // MS-CFB 2.3: the end mark; without a size it is the only right end.
            if left == 0 || sector > REGULAR_MAX {
                let whole = left == 0 || size.is_none() && sector == END_OF_CHAIN;
                // Sectors behind the end of the stream are no damage, but a circle there still hangs other readers.
                let circle = left == 0 && self.circles(sector, owner)?;
                return Ok(if circle { Some(Fault::Loop) } else { (!whole).then_some(Fault::Short) });
            }
            let offset = self.offset(sector);
            let needed = if size.is_some() { left.min(self.sector_bytes) } else { 1 };
            let Some(place) = self.owners.get_mut(index(sector)) else { return Ok(Some(Fault::Cut)) };
            if let Some(fault) = claim(place, owner) {
                return Ok(Some(fault));
            }
            if let Some(kept) = kept.as_deref_mut() {
                kept.push(sector);
            }
            if offset.saturating_add(needed) > self.file_bytes {
                return Ok(Some(Fault::Cut));
            }
            left = left.saturating_sub(self.sector_bytes);
            sector = self.fat.get(index(sector)).copied().unwrap_or(FREE);
        }
    }

    /// Whether the rest of a chain, from `sector` on, comes back to the chain.
    ///
    /// The rest may well run into other streams: a writer in wide use (PEAR OLE, PhpSpreadsheet) chains neighbours.
    fn circles(&mut self, mut sector: u32, owner: u32) -> Step<bool> {
        while let (Some(known), Some(tail)) = (self.owners.get(index(sector)), self.tails.get_mut(index(sector))) {
            if *known == owner || *tail == owner {
                return Ok(true);
            }
            if *tail != 0 {
                return Ok(false);
            }
            *tail = owner;
            if !self.work.spend(4) {
                return Err(Stop::Spent);
            }
            sector = self.fat.get(index(sector)).copied().unwrap_or(FREE);
        }
        Ok(false)
    }

    /// The same as [`follow`](Self::follow) for mini sectors.
    fn follow_mini(
        &mut self,
        start: u32,
        size: u64,
        owner: u32,
        mut kept: Option<&mut Vec<u32>>,
    ) -> Step<Option<Fault>> {
        let mut left = size;
        let mut sector = start;
        while left > 0 {
            if !self.work.spend(4) {
                return Err(Stop::Spent);
            }
            if sector > REGULAR_MAX {
                return Ok(Some(Fault::Short));
            }
            let offset = self.mini_offset(sector);
            let Some(place) = self.mini_owners.get_mut(index(sector)) else { return Ok(Some(Fault::Cut)) };
            if let Some(fault) = claim(place, owner) {
                return Ok(Some(fault));
            }
            if let Some(kept) = kept.as_deref_mut() {
                kept.push(sector);
            }
            let needed = left.min(self.mini_sector_bytes);
            if offset.is_none_or(|offset| offset.saturating_add(needed) > self.file_bytes) {
                return Ok(Some(Fault::Cut));
            }
            left -= needed;
            sector = self.mini_fat.get(index(sector)).copied().unwrap_or(FREE);
        }
        Ok(None)
    }

    /// Opens the stream of an entry, as far as it can be read.
    pub(super) fn open(&mut self, id: usize) -> Step<Stream> {
        let mut sectors = Vec::new();
        let Some(entry) = self.entries.get(id) else {
            return Ok(Stream { size: 0, sectors, mini: false, window: Vec::new(), window_at: 0 });
        };
        let (start, size, owner) = (entry.start, entry.size, owner_of(id));
        let mini = size < self.mini_cutoff;
        let (block, table, owners) = if mini {
            (self.mini_sector_bytes, &self.mini_fat, &self.mini_owners)
        } else {
            (self.sector_bytes, &self.fat, &self.owners)
        };
        // check_streams has marked the sectors; what is not marked as this stream's own cannot be read as it.
        let mut sector = start;
        let count = size.div_ceil(block);
        while u64::try_from(sectors.len()).unwrap_or(u64::MAX) < count && sectors.len() < owners.len() {
            if owners.get(index(sector)) != Some(&owner) {
                break;
            }
            if !self.work.spend(4) {
                return Err(Stop::Spent);
            }
            sectors.push(sector);
            sector = table.get(index(sector)).copied().unwrap_or(FREE);
        }
        Ok(Stream { size, sectors, mini, window: Vec::new(), window_at: 0 })
    }

    /// Fills `buffer` with bytes of a stream from `at` on, and says how many there are.
    pub(super) fn read(&mut self, stream: &Stream, mut at: u64, buffer: &mut [u8]) -> Step<usize> {
        let block = if stream.mini { self.mini_sector_bytes } else { self.sector_bytes };
        let mut filled = 0;
        while filled < buffer.len() && at < stream.size {
            let Some(first) = usize::try_from(at / block).ok() else { break };
            let Some(offset) = self.stream_offset(stream, first) else { break };
            // Neighbouring sectors are read together.
            let wanted = (stream.size - at).min(u64::try_from(buffer.len() - filled).unwrap_or(u64::MAX));
            let mut run = block - at % block;
            let mut next = first + 1;
            let mut expected = offset + block;
            while run < wanted && self.stream_offset(stream, next) == Some(expected) {
                run += block;
                next += 1;
                expected += block;
            }
            let take = usize::try_from(run.min(wanted)).unwrap_or(0);
            let Some(part) = buffer.get_mut(filled..filled + take) else { break };
            let got = read_at(self.source, self.work, offset.saturating_add(at % block), part)?;
            filled += got;
            at += u64::try_from(got).unwrap_or(0);
            if got < take {
                break;
            }
        }
        Ok(filled)
    }

    /// `N` bytes of a stream at `at`; none when it does not have them.
    pub(super) fn peek<const N: usize>(&mut self, stream: &mut Stream, at: u64) -> Step<Option<[u8; N]>> {
        if let Some(found) = in_window(stream, at) {
            return Ok(Some(found));
        }
        let mut window = std::mem::take(&mut stream.window);
        window.resize(WINDOW_BYTES, 0);
        let filled = self.read(stream, at, &mut window)?;
        window.truncate(filled);
        stream.window = window;
        stream.window_at = at;
        Ok(in_window(stream, at))
    }

    /// The child of a storage that has this name. MS-CFB 2.6.4: names are compared without regard to case.
    pub(super) fn child(&self, parent: usize, name: &str) -> Option<usize> {
        self.entries.iter().enumerate().skip(1).find_map(|(id, entry)| {
            (entry.reached && entry.parent == parent && entry.name.eq_ignore_ascii_case(name)).then_some(id)
        })
    }

    /// The stream of the root storage that has this name.
    pub(super) fn root_stream(&self, name: &str) -> Option<usize> {
        self.child(0, name).filter(|id| self.entries.get(*id).is_some_and(|entry| entry.kind == Kind::Stream))
    }

    /// Entries that the tree reaches, without the root.
    pub(super) fn reached(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate().skip(1).filter(|(_, entry)| entry.reached)
    }

    /// Names from the root to an entry, as a person would write them.
    pub(super) fn path(&self, id: usize) -> String {
        let mut names = Vec::new();
        let mut at = id;
        // walk_tree lets no entry be deeper.
        for _ in 0..=DEPTH_MAX {
            let Some(entry) = self.entries.get(at).filter(|_| at != 0) else { break };
            names.push(entry.name.trim_start_matches(char::is_control));
            if entry.parent == at {
                break;
            }
            at = entry.parent;
        }
        names.reverse();
        names.join("/")
    }

    /// Takes work from the budget of the file.
    pub(super) fn spend(&mut self, bytes: usize) -> Step<()> {
        if self.work.spend(u64::try_from(bytes).unwrap_or(u64::MAX)) { Ok(()) } else { Err(Stop::Spent) }
    }

    fn stream_offset(&self, stream: &Stream, block: usize) -> Option<u64> {
        let sector = *stream.sectors.get(block)?;
        if stream.mini { self.mini_offset(sector) } else { Some(self.offset(sector)) }
    }

    /// Where a sector stands in the file: the header takes the place of one (MS-CFB 2.2).
    fn offset(&self, sector: u32) -> u64 {
        (u64::from(sector) + 1) * self.sector_bytes
    }

    fn mini_offset(&self, sector: u32) -> Option<u64> {
        let at = u64::from(sector) * self.mini_sector_bytes;
        let host = *self.mini_stream.get(usize::try_from(at / self.sector_bytes).ok()?)?;
        Some(self.offset(host) + at % self.sector_bytes)
    }

    fn entries_per_sector(&self) -> usize {
        usize::try_from(self.sector_bytes / 4).unwrap_or(HEADER_BYTES / 4)
    }

    /// The numbers in a sector of a table; those that the file does not have are [`FREE`].
    fn sector_of_numbers(&mut self, sector: u32) -> Step<Vec<u32>> {
        let mut bytes = vec![0xFF; self.entries_per_sector() * 4];
        let offset = self.offset(sector);
        read_at(self.source, self.work, offset, &mut bytes)?;
        Ok(bytes.chunks_exact(4).filter_map(|four| u32_at(four, 0)).collect())
    }
}

/// Owners of sectors that belong to no entry; entries have their index + 1.
const OWNER_TABLES: u32 = u32::MAX;
const OWNER_DIRECTORY: u32 = u32::MAX - 1;
const OWNER_MINI_STREAM: u32 = u32::MAX - 2;
const OWNER_MINI_FAT: u32 = u32::MAX - 3;

fn owner_of(id: usize) -> u32 {
    u32::try_from(id + 1).unwrap_or(OWNER_TABLES)
}

/// A sector number or stream id as an index.
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn in_window<const N: usize>(stream: &Stream, at: u64) -> Option<[u8; N]> {
    let from = usize::try_from(at.checked_sub(stream.window_at)?).ok()?;
    stream.window.get(from..from.checked_add(N)?)?.try_into().ok()
}

/// Reads what the source has at `offset`, at most a buffer of it.
fn read_at(source: &mut dyn Source, work: &mut Budget, offset: u64, buffer: &mut [u8]) -> Step<usize> {
    if !work.spend(u64::try_from(buffer.len()).unwrap_or(u64::MAX).max(READ_COST_MIN)) {
        return Err(Stop::Spent);
    }
    source.seek(SeekFrom::Start(offset))?;
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}

/// A little-endian number of two bytes.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

/// A little-endian number of four bytes.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Takes a sector for the stream `owner`, when no chain has it yet.
fn claim(place: &mut u32, owner: u32) -> Option<Fault> {
    match *place {
        0 => {
            *place = owner;
            None
        }
        known if known == owner => Some(Fault::Loop),
        _ => Some(Fault::Shared),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Cursor;

    fn looked(bytes: &[u8]) -> Look {
        let size = u64::try_from(bytes.len()).unwrap();
        look(&mut Cursor::new(bytes), size, None, &mut Budget::default()).unwrap()
    }

    fn codes(look: &Look) -> Vec<ErrorCode> {
        look.findings.iter().map(|finding| finding.code).collect()
    }

    /// Streams of both kinds and storages: sectors 0–1 are the directory, 2 the mini FAT, 3 the mini stream, 4–12
    /// `Large` and the last the FAT.
    fn plain() -> Vec<u8> {
        made::file(&[("Small", vec![1; 100]), ("Large", vec![2; 4300]), ("A/B/Tiny", vec![3; 5]), ("None", vec![])])
    }

    fn fat_entry(file: &[u8], sector: usize) -> usize {
        file.len() - 512 + sector * 4
    }

    #[test]
    fn a_whole_file_has_no_findings() {
        let look = looked(&plain());
        assert_eq!(look.format, Some(COMPOUND));
        assert_eq!(look.findings, []);
    }

    #[test]
    fn something_else_is_not_recognised() {
        assert_eq!(looked(b"").format, None);
        assert_eq!(looked(&[0; 600]).format, None);
    }

    #[test]
    fn streams_are_read_as_they_were_written() {
        let content: Vec<u8> = (0..9000_u16).map(|n| n.to_le_bytes()[0]).collect();
        let bytes = made::file(&[("S", content[..300].to_vec()), ("L", content.clone())]);
        let mut source = Cursor::new(&bytes);
        let (mut work, mut look) = (Budget::default(), Look::default());
        let header = bytes[..512].try_into().unwrap();
        let size = u64::try_from(bytes.len()).unwrap();
        let Ok(Some(mut file)) = Compound::new(&mut source, size, &mut work, &header, &mut look) else { panic!() };
        assert!(file.load_fat(&header, &mut look).is_ok() && file.load_directory(&mut look).is_ok());
        file.walk_tree(&mut look);
        assert!(file.load_mini(&mut look).is_ok() && file.check_streams(&mut look).is_ok());
        for (name, length) in [("s", 300), ("l", 9000)] {
            let id = file.root_stream(name).unwrap();
            let Ok(mut stream) = file.open(id) else { panic!() };
            for at in [0_usize, 63, 64, 299] {
                let mut buffer = vec![0; length];
                let place = u64::try_from(at).unwrap();
                let Ok(filled) = file.read(&stream, place, &mut buffer) else { panic!() };
                assert_eq!(buffer[..filled], content[at..length]);
                let Ok(peeked) = file.peek::<1>(&mut stream, place) else { panic!() };
                assert_eq!(peeked, Some([content[at]]));
            }
            let Ok(beyond) = file.peek::<2>(&mut stream, u64::try_from(length - 1).unwrap()) else { panic!() };
            assert_eq!(beyond, None);
        }
        assert_eq!(look.findings, []);
    }

    #[test]
    fn a_cut_in_a_stream_is_damage_and_a_cut_in_its_padding_is_none() {
        // The FAT first, so that only the stream is cut.
        let mut file = plain();
        let fat = file.split_off(file.len() - 512);
        let large = file.split_off(512 + 4 * 512);
        file.extend(fat);
        file.extend(large);
        file[76..80].copy_from_slice(&4_u32.to_le_bytes());
        let at = 512 + 4 * 512;
        for sector in 4..14_usize {
            let next = if sector == 13 { END_OF_CHAIN } else { u32::try_from(sector + 1).unwrap() };
            file[at + sector * 4..][..4].copy_from_slice(&next.to_le_bytes());
        }
        let start = file[512..].windows(2).position(|two| two == b"L\0").unwrap() + 512 + 116;
        file[start..start + 4].copy_from_slice(&5_u32.to_le_bytes());
        assert_eq!(looked(&file).findings, []);
        let end = at + 512 + 4300;
        assert_eq!(looked(&file[..end]).findings, []);
        let cut = looked(&file[..end - 1]);
        assert_eq!(codes(&cut), [ErrorCode::FmtDamaged]);
        assert_eq!(cut.findings[0].place, "Large");
    }

    #[test]
    fn every_cut_is_noticed_and_none_panics() {
        let file = plain();
        // All but the last FAT sector, of which only free entries are behind the sector numbers in use.
        for length in 8..file.len() - 512 {
            let look = looked(&file[..length]);
            assert!(codes(&look).contains(&ErrorCode::FmtDamaged), "cut at {length}: {look:?}");
        }
    }

    #[test]
    fn chains_that_are_wrong_are_found() {
        let good = plain();
        let with = |sector: usize, next: u32| {
            let mut file = good.clone();
            let at = fat_entry(&file, sector);
            file[at..at + 4].copy_from_slice(&next.to_le_bytes());
            codes(&looked(&file))
        };
        assert_eq!(with(6, 4), [ErrorCode::FmtLoop], "back to its beginning");
        assert_eq!(with(6, 6), [ErrorCode::FmtLoop], "to itself");
        assert_eq!(with(12, 4), [ErrorCode::FmtLoop], "behind the end of the stream");
        assert_eq!(with(12, 3), [], "into another stream, behind the end of this one");
        assert_eq!(with(6, 3), [ErrorCode::FmtDamaged], "into another stream");
        assert_eq!(with(6, END_OF_CHAIN), [ErrorCode::FmtDamaged], "too short");
        assert_eq!(with(6, 5000), [ErrorCode::FmtDamaged], "beyond the file");
        assert_eq!(with(1, 0), [ErrorCode::FmtLoop], "directory");
    }

    #[test]
    fn a_directory_that_goes_in_a_circle_is_found() {
        let mut file = plain();
        // The first child of the root gets the root for a neighbour, then itself.
        for target in [0_u32, 1] {
            file[512 + 128 + 68..][..4].copy_from_slice(&target.to_le_bytes());
            assert_eq!(codes(&looked(&file)), [ErrorCode::FmtLoop]);
        }
        file[512 + 128 + 68..][..4].copy_from_slice(&77_u32.to_le_bytes());
        assert_eq!(codes(&looked(&file)), [ErrorCode::FmtDamaged]);
    }

    #[test]
    fn storages_are_counted_in_depth_and_number() {
        let deep = |levels: usize| looked(&made::file(&[("s/".repeat(levels).as_str(), vec![])]));
        assert_eq!(codes(&deep(32)), [] as [ErrorCode; 0]);
        assert_eq!(codes(&deep(33)), [ErrorCode::FmtNested]);
    }

    #[test]
    fn bytes_behind_the_end_are_noticed() {
        // 128 sectors are what one FAT sector tells about.
        let mut file = plain();
        file.resize(512 + 128 * 512 + 511, 0);
        assert_eq!(looked(&file).findings, []);
        file.push(0);
        assert_eq!(codes(&looked(&file)), [ErrorCode::FmtOdd]);
    }

    #[test]
    fn a_header_that_lies_is_damage() {
        let good = plain();
        for (at, value) in [(28, 0), (30, 10), (32, 7)] {
            let mut file = good.clone();
            file[at] = value;
            assert_eq!(codes(&looked(&file)), [ErrorCode::FmtDamaged]);
        }
        // A list of allocation tables that leads to itself, in a file that is large enough to need it.
        let mut file = good;
        file.resize(512 + 110 * 128 * 512, 0);
        file[68..72].copy_from_slice(&200_u32.to_le_bytes());
        for index in 0..108_usize {
            file[76 + (index + 1) * 4..][..4].copy_from_slice(&u32::try_from(300 + index).unwrap().to_le_bytes());
        }
        file[512 + 201 * 512 - 4..][..4].copy_from_slice(&200_u32.to_le_bytes());
        assert!(!codes(&looked(&file)).contains(&ErrorCode::FmtLoop), "read once, and then enough");
        file.resize(512 + 400 * 128 * 512, 0);
        assert!(codes(&looked(&file)).contains(&ErrorCode::FmtLoop));
    }

    #[test]
    fn no_changed_byte_panics_or_spends_much() {
        let good = made::file(&[
            ("WordDocument", vec![0xEC, 0xA5, 0xC1, 0]),
            ("Macros/VBA/dir", vec![7; 70]),
            ("Workbook", vec![9; 4200]),
        ]);
        for at in 8..good.len() {
            for value in [0, 1, 0x7F, 0xFE, 0xFF] {
                let mut file = good.clone();
                file[at] = value;
                looked(&file);
            }
        }
    }

    #[test]
    fn a_spent_budget_ends_the_look() {
        let file = plain();
        let mut work = Budget { left: 10_000 };
        let look = look(&mut Cursor::new(&file), u64::try_from(file.len()).unwrap(), None, &mut work).unwrap();
        assert_eq!(codes(&look), [ErrorCode::FmtTooComplex]);
    }

    /// Makes compound files.
    pub(in crate::ingest::identify) mod made {
        use super::super::{END_OF_CHAIN, FREE, NO_STREAM, SIGNATURE};

        const FAT_SECTOR: u32 = 0xFFFF_FFFD;

        /// A file of version 3 with these streams: paths with `/` for storages, a name that ends in `/` for an empty
        /// one.
        ///
        /// The order of sectors is directory, mini FAT, mini stream, streams as given, FAT.
        pub(in crate::ingest::identify) fn file(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
            let mut nodes: Vec<(String, usize, Option<&[u8]>)> = vec![("Root Entry".to_owned(), usize::MAX, None)];
            for (path, bytes) in streams {
                let mut parent = 0;
                let mut parts = path.split('/').peekable();
                while let Some(part) = parts.next().filter(|part| !part.is_empty()) {
                    let known = nodes.iter().position(|(name, of, _)| name == part && *of == parent);
                    parent = known.unwrap_or_else(|| {
                        let content = parts.peek().is_none().then_some(bytes.as_slice());
                        nodes.push((part.to_owned(), parent, content));
                        nodes.len() - 1
                    });
                }
            }
            let mut mini = Vec::new();
            let mut mini_fat: Vec<u32> = Vec::new();
            let mut places = vec![(END_OF_CHAIN, 0_usize); nodes.len()];
            for (node, place) in nodes.iter().zip(&mut places) {
                let Some(bytes) = node.2.filter(|bytes| !bytes.is_empty() && bytes.len() < 4096) else { continue };
                *place = (number(mini_fat.len()), bytes.len());
                chain(&mut mini_fat, bytes.len().div_ceil(64));
                mini.extend_from_slice(bytes);
                mini.resize(mini.len().next_multiple_of(64), 0);
            }
            let mut fat = Vec::new();
            let mut body = Vec::new();
            chain(&mut fat, nodes.len().div_ceil(4));
            body.resize(fat.len() * 512, 0);
            let tables: Vec<u8> = mini_fat.iter().flat_map(|next| next.to_le_bytes()).collect();
            let mini_table = add(&mut fat, &mut body, &tables, 0xFF);
            places[0] = (add(&mut fat, &mut body, &mini, 0), mini.len());
            for (node, place) in nodes.iter().zip(&mut places) {
                let Some(bytes) = node.2.filter(|bytes| bytes.len() >= 4096) else { continue };
                *place = (add(&mut fat, &mut body, bytes, 0), bytes.len());
            }
            for (id, (name, parent, content)) in nodes.iter().enumerate() {
                let entry = &mut body[id * 128..][..128];
                for (at, unit) in name.encode_utf16().enumerate() {
                    entry[at * 2..][..2].copy_from_slice(&unit.to_le_bytes());
                }
                entry[64] = u8::try_from(name.encode_utf16().count() * 2 + 2).unwrap();
                entry[66] = if id == 0 { 5 } else { 1 + u8::from(content.is_some()) };
                let next = nodes.iter().enumerate().skip(id + 1).find(|(_, node)| node.1 == *parent);
                let child = nodes.iter().enumerate().find(|(_, node)| node.1 == id);
                let links = [None, next.map(|found| found.0), child.map(|found| found.0)];
                for (at, link) in links.into_iter().enumerate() {
                    let link = link.map_or(NO_STREAM, number);
                    entry[68 + at * 4..][..4].copy_from_slice(&link.to_le_bytes());
                }
                entry[116..120].copy_from_slice(&places[id].0.to_le_bytes());
                entry[120..124].copy_from_slice(&number(places[id].1).to_le_bytes());
            }
            let fat_at = fat.len();
            let fat_sectors = (1..109).find(|count| fat_at + count <= count * 128).unwrap();
            fat.resize(fat_at + fat_sectors, FAT_SECTOR);
            fat.resize(fat_sectors * 128, FREE);
            let mut file = header(mini_table, mini_fat.len().div_ceil(128), fat_at, fat_sectors);
            file.extend(body);
            file.extend(fat.iter().flat_map(|next| next.to_le_bytes()));
            file
        }

        fn header(mini_table: u32, mini_sectors: usize, fat_at: usize, fat_sectors: usize) -> Vec<u8> {
            let mut header = vec![0; 76];
            header[..8].copy_from_slice(&SIGNATURE);
            let shorts: [(usize, u16); 5] = [(24, 0x3E), (26, 3), (28, 0xFFFE), (30, 9), (32, 6)];
            for (at, value) in shorts {
                header[at..at + 2].copy_from_slice(&value.to_le_bytes());
            }
            let longs = [(44, number(fat_sectors)), (56, 4096), (60, mini_table), (64, number(mini_sectors))];
            for (at, value) in longs.into_iter().chain([(68, END_OF_CHAIN)]) {
                header[at..at + 4].copy_from_slice(&value.to_le_bytes());
            }
            for index in 0..109 {
                let place = if index < fat_sectors { number(fat_at + index) } else { FREE };
                header.extend(place.to_le_bytes());
            }
            header
        }

        fn add(fat: &mut Vec<u32>, body: &mut Vec<u8>, bytes: &[u8], padding: u8) -> u32 {
            if bytes.is_empty() {
                return END_OF_CHAIN;
            }
            let start = number(fat.len());
            chain(fat, bytes.len().div_ceil(512));
            body.extend_from_slice(bytes);
            body.resize(fat.len() * 512, padding);
            start
        }

        fn chain(table: &mut Vec<u32>, count: usize) {
            for left in (0..count).rev() {
                table.push(if left == 0 { END_OF_CHAIN } else { number(table.len() + 1) });
            }
        }

        fn number(count: usize) -> u32 {
            u32::try_from(count).unwrap()
        }
    }
}
