//! Every bound on untrusted input and every size of the formats, each with the source of its number.
//!
//! A bound that is a law cites its clause; one of our own says why it is enough.

/// Plaintext bytes of one chunk: the unit of sealing, compression and range reading (design §6).
pub const CHUNK_BYTES: usize = 256 * 1024;
/// What is read at once only to be digested: small, for it is cleared for every file, and most files are small.
pub const HASH_BUFFER_BYTES: usize = 32 * 1024;
/// Chunks in one frame: 4 MiB of plaintext; larger objects are several frames (design §6).
pub const FRAME_CHUNKS_MAX: usize = 16;
/// Plaintext bytes of a full frame.
pub const FRAME_PLAIN_BYTES: u64 = (CHUNK_BYTES * FRAME_CHUNKS_MAX) as u64;
/// A segment is closed when it has grown past this (storage research: 256 MiB).
pub const SEGMENT_BYTES: u64 = 256 * 1024 * 1024;
/// Largest entry of the journal: its length is a 16-bit number (C2SP tlog-tiles).
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// Main content and attachments of one record: "60 Мб" (N 430 cl. 7). The decree defines no unit; read as 1024².
pub const CONTENT_BYTES_MAX_N430: u64 = 60 * 1024 * 1024;
/// The same under the akimat regulation, duties of the user: "10Mb".
pub const CONTENT_BYTES_MAX_AKIMAT: u64 = 10 * 1024 * 1024;
/// Attachments of one record (N 430 cl. 7).
pub const ATTACHMENTS_MAX: usize = 6;
/// Signatures, certificates, revocation material, time-stamps, receipts and representations of one record together.
/// Own bound: CRLs are the largest of them, and a record rarely comes with more than a few.
pub const EVIDENCE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The card. Own bound: 18 fields of the lengths below need less than 100 KiB.
pub const CARD_BYTES_MAX: usize = 1024 * 1024;
/// `submission.json`. Own bound: 64 components with their paths need less than 100 KiB.
pub const SUBMISSION_BYTES_MAX: usize = 1024 * 1024;
/// Components of one record. Own bound: main files, 6 attachments and the evidence of a dozen signers.
pub const COMPONENTS_MAX: usize = 64;
/// Files and folders in the container of a submission. Own bound: components, `submission.json` and their folders.
pub const CONTAINER_ENTRIES_MAX: usize = 256;
/// Files in the folder of a holding that is imported. Own bound: what a table of 200,000 rows may name, five each.
pub const HOLDING_FILES_MAX: usize = 1_000_000;
/// Declared sizes of all files of a container together: the sum of the limits above.
pub const CONTAINER_BYTES_MAX: u64 =
    CONTENT_BYTES_MAX_N430 + EVIDENCE_BYTES_MAX + (CARD_BYTES_MAX + SUBMISSION_BYTES_MAX) as u64;
/// What a ZIP file may have beyond its contents: headers, and deflate blocks of bytes that do not shrink. Own bound.
pub const ZIP_OVERHEAD_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Bytes read to find and list the directory of a ZIP file. Own bound: a comment (64 KiB) and 256 long names.
pub const ZIP_DIRECTORY_BYTES_MAX: u64 = 1024 * 1024;
/// One segment of a path: `NAME_MAX` of the file systems a record is given back to.
pub const PATH_SEGMENT_BYTES_MAX: usize = 255;
/// A whole path. Own bound, a quarter of `PATH_MAX` of Linux, so that a target folder fits before it.
pub const PATH_BYTES_MAX: usize = 1024;
/// Characters of a name, a number, a post or an index. Own bound.
pub const TEXT_SHORT_CHARS_MAX: usize = 255;
/// Characters of a title, a nature or a mark. Own bound: about two pages.
pub const TEXT_LONG_CHARS_MAX: usize = 4_000;
/// Sheets of a document or of its attachments. Own bound against slips of the pen.
pub const SHEETS_MAX: u32 = 99_999;
/// Bytes of an address on the web. Own bound: those in certificates stay below 200.
pub const URL_BYTES_MAX: usize = 2048;
/// Requests of one `material fetch`. Own bound: the lists of some dozen authorities, and what waits.
pub const FETCHES_MAX: usize = 256;
/// Milliseconds after which a `material fetch` begins no more requests: the archive is held meanwhile. Own bound.
pub const FETCH_RUN_MS_MAX: u64 = 15 * 60 * 1000;

/// Bytes of a source bundle when it is unpacked, which is read to compare it with the program. Own bound: with all
/// vendored crates it has half a GiB today.
pub const BUNDLE_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
/// Entries of a source bundle, whose names are kept while it is read. Own bound: with all vendored crates it has twenty
/// thousand today.
pub const BUNDLE_ENTRIES_MAX: u64 = 200_000;
/// One file of the program's own source, which is read whole. Own bound: the largest has a few hundred KiB.
pub const SOURCE_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Rows of one page of any list or search. Own bound: what somebody scrolls through, several times over.
pub const PAGE_ROWS_MAX: usize = 500;

const _: () = assert!(FRAME_CHUNKS_MAX <= u8::MAX as usize, "the frame header counts chunks in one byte");
