//! The sources keep the rules of the house.
//!
//! Goal: what docs/ARCHITECTURE.md promises about the code (layers, one place for each kind of outside, heads, codes
//! that are documented) is true on every commit. Method: read the files as text, blank out comments, strings and the
//! test module that ends a file, and look for what must not be there. Each rule is also tried on a made-up source that
//! breaks it and on its near miss that does not, so a rule that has gone blind fails too.
//!
//! Every message begins with file and line. An exception is listed with its reason, and fails when nobody needs it.

use muragat::error::ErrorCode;
use muragat::tlog::leaf::ActKind;
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

/// What lies at the top, apart from dotfiles and `target`.
const TOP_LEVEL: [&str; 9] =
    ["Cargo.lock", "Cargo.toml", "README.md", "docs", "retention-rules", "schema", "src", "tests", "tools"];

/// Modules that every layer may use. They use no layer themselves.
const SHARED: [&str; 7] = ["clock", "config", "error", "error_codes", "limits", "random", "text"];

/// The layer wall, lowest first: each layer and what it may import beside [`SHARED`] and itself.
const WALL: [(&str, &[&str]); 26] = [
    ("model", &[]),
    ("store", &["model"]),
    ("retention", &["model"]),
    ("verify", &["model"]),
    // Pages of documents: it knows no archive.
    ("render", &["model"]),
    // Text of documents: it knows no archive.
    ("extract", &["model"]),
    // The vault keeps its files on a store's medium, and names keys as the store does.
    ("vault", &["model", "store::disk", "store::format"]),
    ("tlog", &["model", "store", "vault"]),
    // The index reads the journal and never commits.
    ("index", &["model", "store", "vault", "tlog::LogError", "tlog::heads", "tlog::leaf", "tlog::read", "tlog::tree"]),
    ("archive", &["model", "store", "verify", "retention", "vault", "tlog", "index"]),
    // A receipt is read like any component of a record: through access, which knows nothing of intake.
    ("ingest", &["model", "store", "verify", "retention", "vault", "tlog", "index", "archive", "access"]),
    ("access", &["model", "store", "verify", "vault", "tlog", "index", "archive", "extract"]),
    ("audit", &["model", "store", "vault", "tlog", "index", "archive"]),
    // Between intake and retention: arranges what is held, and gathers what retention judges.
    ("filing", &["model", "store", "retention", "tlog", "index", "archive"]),
    // Above intake, because it validates again; it gives nothing out.
    ("inspection", &["model", "store", "verify", "tlog", "index", "archive", "access", "ingest", "filing"]),
    // Above filing and intake: judges by the one, has statements validated by the other.
    ("disposition", &["model", "verify", "retention", "tlog", "index", "archive", "ingest::approval", "filing"]),
    // Evidence for what the journal commits to; reads no content.
    ("evidence", &["model", "verify", "tlog", "index", "archive", "access"]),
    // Above disposition: an answer says by which act something was destroyed. Reads through access, destroys nothing.
    (
        "inquiry",
        &[
            "model",
            "verify",
            "tlog",
            "index",
            "archive",
            "access",
            "ingest::approval",
            "ingest::recheck",
            "filing",
            "disposition",
            "evidence",
            "render",
            // What a sender proves of a record is read as who takes it in reads it; transfer knows no inquiry.
            "transfer::custody",
            "transfer::layout",
            "transfer::read::source",
        ],
    ),
    // Above disposition and evidence: packs what they say of a record, and lets go what another archive has taken.
    (
        "transfer",
        &[
            "model",
            "store",
            "verify",
            "retention",
            "tlog",
            "index",
            "archive",
            "access",
            "ingest::amend",
            "ingest::approval",
            "ingest::receipt",
            // What another archive hands over is judged by the path of every submission.
            "ingest::import",
            "ingest::transferred",
            "filing",
            "disposition",
            "evidence",
        ],
    ),
    // Above intake, so that nothing there can reach the network.
    // What an OpenID provider signs is judged by access.
    ("fetch", &["model", "verify", "tlog", "archive", "ingest", "access::openid"]),
    // A witness of other archives' journals: it knows no archive.
    ("witness", &["model", "store::disk", "tlog"]),
    // How answers are written down, for the command line and the service alike.
    (
        "view",
        &[
            "model",
            "retention",
            "tlog",
            "index",
            "archive",
            "ingest",
            "access",
            "filing",
            "disposition",
            "inquiry",
            "transfer",
        ],
    ),
    (
        "api",
        &[
            "model",
            "store",
            "retention",
            "verify::material",
            // Until when the service's own certificate is good, and how long one may be that is shown.
            "verify::certificate",
            "verify::limits",
            "tlog",
            "index",
            "archive",
            "ingest",
            "access",
            "extract",
            // Of all that asks outside, the provider at which people sign in.
            "fetch::openid",
            "filing",
            "disposition",
            "inquiry",
            // What other archives deliver.
            "transfer",
            "view",
        ],
    ),
    // Pages over the service: they ask what it asks, and the service does not know them.
    (
        "web",
        &[
            "model",
            "verify::verdict",
            "tlog::leaf",
            "index::rows",
            // What a question says, for links that change it.
            "index::text::query",
            "archive::Archive",
            "access::rights",
            "view",
            "api",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "store",
            "retention",
            "verify",
            "vault",
            "tlog",
            "index",
            "archive",
            "ingest",
            "access",
            "audit",
            "fetch",
            "filing",
            "inspection",
            "disposition",
            "inquiry",
            "transfer",
            "witness",
            "evidence",
            "render",
            "extract",
            "view",
            "api",
            "web",
        ],
    ),
    // Test builds only; nothing but tests imports it.
    (
        "testing",
        &["model", "store", "vault", "retention", "tlog", "index", "archive", "ingest", "access", "audit", "filing"],
    ),
];

/// Imports upwards: file, module, reason.
const UPWARDS: [(&str, &str, &str); 8] = [
    ("src/error.rs", "store", "one page maps every module's error to its code"),
    ("src/error.rs", "vault", "one page maps every module's error to its code"),
    ("src/error.rs", "tlog", "one page maps every module's error to its code"),
    ("src/error.rs", "index", "one page maps every module's error to its code"),
    ("src/config.rs", "model::id", "the configuration names the archive"),
    ("src/config.rs", "model::url", "the configuration names the addresses that may be fetched from"),
    ("src/config/oidc.rs", "model::url", "the configuration names the provider at which people sign in"),
    ("src/config.rs", "tlog::checkpoint", "the configuration holds the verifier key, checked when it is read"),
];

/// One kind of outside, and the only files that touch it, with how often they may.
struct Outside {
    what: &'static str,
    words: &'static [&'static str],
    homes: &'static [(&'static str, usize)],
}

const ANY: usize = usize::MAX;

const OUTSIDES: [Outside; 7] = [
    Outside {
        what: "the clock",
        words: &["SystemTime::now", "Instant::now", "Utc::now", "Local::now"],
        // The second measures how long a wait took; it decides nothing.
        // The service measures its answers and bounds its waiting by it.
        homes: &[("src/clock.rs", ANY), ("src/archive.rs", 1), ("src/archive/slot.rs", ANY), ("src/api/", ANY)],
    },
    Outside {
        what: "the file system",
        // `File` comes from one of these.
        words: &["std::fs", "fs", "OpenOptions"],
        homes: &[
            ("src/store/local.rs", ANY),
            ("src/store/spool.rs", ANY),
            ("src/store/parts.rs", ANY),
            ("src/ingest/unpack.rs", ANY),
            ("src/ingest/mod.rs", ANY),
            ("src/ingest/handed.rs", ANY),
            ("src/access/mod.rs", ANY),
            ("src/archive.rs", ANY),
            ("src/config.rs", ANY),
            // The files that the configuration names for signing in.
            ("src/config/oidc.rs", ANY),
            ("src/index/open.rs", ANY),
            ("src/index/redb.rs", ANY),
            // A package that is written for a medium.
            ("src/transfer/pack/folder.rs", ANY),
            // A folder in memory for the programs that render.
            ("src/render/child.rs", ANY),
            // A package that is a folder.
            ("src/transfer/read/source/folder.rs", ANY),
            // A drop folder, and the folder of the local socket.
            ("src/api/inbox.rs", ANY),
            ("src/api/local.rs", ANY),
            // The certificate of the service and its key.
            ("src/api/tls.rs", ANY),
            ("src/cli/", ANY),
        ],
    },
    Outside {
        what: "the network",
        words: &["ureq", "TcpStream", "TcpListener", "UdpSocket", "UnixStream", "ToSocketAddrs", "std::net"],
        // The one place that asks outside; the witness and the service, which are asked; and the local socket's two ends.
        homes: &[
            ("src/fetch/http.rs", ANY),
            ("src/witness/serve.rs", ANY),
            ("src/api/server.rs", ANY),
            ("src/api/local.rs", ANY),
            ("src/cli/relay.rs", ANY),
        ],
    },
    Outside {
        what: "randomness",
        words: &["SystemRandom", "OsRng", "getrandom", "rand"],
        homes: &[("src/random.rs", ANY)],
    },
    Outside { what: "printing", words: &["println!", "print!", "eprintln!", "eprint!"], homes: &[("src/cli/", ANY)] },
    // Arguments and environment come through clap.
    Outside {
        what: "the environment",
        words: &["std::env", "env::var", "env::args"],
        // What was typed, and where, is sent to the service as it is.
        homes: &[("src/cli/relay.rs", ANY)],
    },
    Outside {
        what: "a leftover",
        words: &["dbg!", "todo!", "unimplemented!", ".unwrap()"],
        homes: &[
            // Test builds only: certificates that a test makes, and tests that are a file of their own.
            ("src/verify/path/made.rs", ANY),
            ("src/verify/path/tests.rs", ANY),
        ],
    },
];

/// Lines of a source without its tests; past that, look for the second noun.
const LINES_MAX: usize = 900;
/// Characters of a line of the library; rustfmt breaks code at the same place, and leaves comments and texts alone.
const LINE_CHARS_MAX: usize = 120;

/// A rule that is broken, and where.
#[derive(Debug, PartialEq)]
struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// A Rust source.
struct Source {
    path: String,
    text: String,
    /// The text with comments, strings and characters blanked, of the same length.
    blanked: String,
    /// The blanked text before the test module that ends the file.
    code: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let blanked = blank(text);
        let end = test_module(&blanked).map_or(blanked.len(), |(start, _)| start);
        Self { path: path.to_owned(), text: text.to_owned(), code: blanked[..end].to_owned(), blanked }
    }

    fn finding(&self, offset: usize, what: impl Into<String>) -> Finding {
        let line = self.text.as_bytes()[..offset].iter().filter(|b| **b == b'\n').count() + 1;
        Finding { path: self.path.clone(), line, what: what.into() }
    }

    /// The part of the crate it belongs to: `store` for `src/store/disk.rs`, `archive` for `src/archive.rs`.
    fn layer(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let first = inside.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Its module path: `["store", "disk"]`.
    fn module(&self) -> Vec<String> {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path).trim_end_matches(".rs");
        let inside = inside.trim_end_matches("/mod");
        inside.split('/').filter(|part| *part != "lib").map(str::to_owned).collect()
    }
}

/// Replaces comments, strings and characters by blanks; line breaks stay.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = opaque_end(bytes, at);
        match end {
            Some(end) => {
                out[at..end].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
                at = end;
            }
            None => at += 1,
        }
    }
    String::from_utf8(out).expect("whole tokens are blanked")
}

/// The end of the comment, string or character that begins at `at`.
fn opaque_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let ends = |n: usize| Some((at + n).min(bytes.len()));
    let find = |needle: &[u8], from: usize| {
        (from..rest.len()).find(|i| rest[*i..].starts_with(needle)).map_or(rest.len(), |i| i + needle.len())
    };
    if rest.starts_with(b"//") {
        return ends(rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()));
    }
    if rest.starts_with(b"/*") {
        let (mut depth, mut i) = (0, 0);
        while i < rest.len() {
            match &rest[i..] {
                [b'/', b'*', ..] => (depth, i) = (depth + 1, i + 2),
                [b'*', b'/', ..] => (depth, i) = (depth - 1, i + 2),
                _ => i += 1,
            }
            if depth == 0 {
                break;
            }
        }
        return ends(i);
    }
    match rest[0] {
        b'"' => {
            let mut i = 1;
            while i < rest.len() && rest[i] != b'"' {
                i += if rest[i] == b'\\' { 2 } else { 1 };
            }
            ends(i + 1)
        }
        b'r' if !ends_in_name(&bytes[..at]) || is_string_prefix(&bytes[..at]) => {
            let hashes = rest[1..].iter().take_while(|b| **b == b'#').count();
            if rest.get(1 + hashes) != Some(&b'"') {
                return None;
            }
            let close = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
            ends(find(&close, 2 + hashes))
        }
        b'\'' if rest.get(1) == Some(&b'\\') => ends(find(b"'", 3)),
        b'\'' => {
            // A character, or the name of a lifetime.
            let next = std::str::from_utf8(&rest[1..rest.len().min(5)]);
            let next = next.unwrap_or_else(|e| std::str::from_utf8(&rest[1..=e.valid_up_to()]).unwrap_or_default());
            let len = next.chars().next()?.len_utf8();
            if rest.get(1 + len) == Some(&b'\'') { ends(2 + len) } else { None }
        }
        _ => None,
    }
}

/// True when the bytes end in the `b` of `br"` or the `c` of `cr"`.
fn is_string_prefix(bytes: &[u8]) -> bool {
    matches!(bytes, [before @ .., b'b' | b'c'] if !ends_in_name(before))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn ends_in_name(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|b| is_name(*b))
}

/// Start of the test module at the margin, and where it ends.
fn test_module(blanked: &str) -> Option<(usize, usize)> {
    const MARK: &str = "#[cfg(test)]\n";
    let starts = blanked.match_indices(MARK).map(|(at, _)| at);
    let mut starts = starts.filter(|at| *at == 0 || blanked.as_bytes()[at - 1] == b'\n');
    starts.find_map(|at| {
        let first = blanked[at + MARK.len()..].lines().next()?;
        let is_module = first.ends_with('{') && words(first, "mod").next().is_some();
        is_module.then(|| (at, closing(blanked, at + MARK.len() + first.len() - 1)))
    })
}

/// The place behind the brace or bracket that closes the one at `open`.
fn closing(blanked: &str, open: usize) -> usize {
    let mut depth = 0;
    for (i, b) in blanked.bytes().enumerate().skip(open) {
        match b {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return i + 1;
        }
    }
    blanked.len()
}

/// Places of `word` that are not part of a longer name. A type is meant by whatever path it is named; a module only as
/// the beginning of a path, because `std::os::unix::fs` is not `fs`.
fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let first = word.as_bytes()[0];
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let (before, after) = (&code.as_bytes()[..*at], &code.as_bytes()[at + word.len()..]);
        let whole_path = first.is_ascii_uppercase() || before.last() != Some(&b':');
        let begins = !is_name(first) || (!ends_in_name(before) && whole_path);
        let ends = !ends_in_name(word.as_bytes()) || !after.first().is_some_and(|b| is_name(*b));
        begins && ends
    })
}

/// Paths inside the crate that a source names, in `use` or elsewhere: where, and the names from the crate's root.
fn crate_paths(source: &Source) -> Vec<(usize, Vec<String>)> {
    let code = &source.code;
    let mut paths = Vec::new();
    for root in ["crate::", "muragat::"] {
        for at in words(code, root) {
            path_tree(code, at + root.len(), &[], at, &mut paths);
        }
    }
    for at in words(code, "super::") {
        let mut module = source.module();
        let mut from = at;
        while code[from..].starts_with("super::") {
            module.pop();
            from += "super::".len();
        }
        path_tree(code, from, &module, at, &mut paths);
    }
    paths
}

/// Reads `a::b`, `a::{b, c::d}`; gives the place behind it.
fn path_tree(code: &str, from: usize, before: &[String], at: usize, paths: &mut Vec<(usize, Vec<String>)>) -> usize {
    let rest = code[from..].trim_start();
    let mut from = code.len() - rest.len();
    if rest.starts_with('{') {
        loop {
            from = path_tree(code, from + 1, before, at, paths);
            from += code[from..].len() - code[from..].trim_start().len();
            if !code[from..].starts_with(',') {
                return from + 1;
            }
        }
    }
    let len = rest.bytes().take_while(|b| is_name(*b)).count();
    let mut path = before.to_vec();
    path.extend((len > 0).then(|| rest[..len].to_owned()));
    if len > 0 && rest[len..].starts_with("::") {
        return path_tree(code, from + len + 2, &path, at, paths);
    }
    // Nothing stands between the last comma of a list and its end.
    if !path.is_empty() && !rest.starts_with('}') {
        paths.push((at, path));
    }
    from + len
}

/// True when `path` is `rule` or lies in it.
fn within(path: &[String], rule: &str) -> bool {
    let rule: Vec<&str> = rule.split("::").collect();
    path.len() >= rule.len() && rule.iter().zip(path).all(|(a, b)| a == b)
}

/// Lower layers never import higher ones.
fn layers(sources: &[Source], upwards: &[(&str, &str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut needed = vec![false; upwards.len()];
    for source in sources.iter().filter(|s| s.path.starts_with("src/")) {
        let own = source.layer();
        let allowed = match (own, WALL.iter().find(|(layer, _)| *layer == own)) {
            (_, Some((_, allowed))) => *allowed,
            ("main", _) => &["cli"],
            ("lib", _) => &[],
            (own, None) if SHARED.contains(&own) => &[],
            _ => {
                findings.push(source.finding(0, format!("{own} has no place in the layer wall of tests/it/tidy.rs")));
                continue;
            }
        };
        for (at, path) in crate_paths(source) {
            let is_allowed =
                path[0] == own || SHARED.contains(&path[0].as_str()) || allowed.iter().any(|rule| within(&path, rule));
            let exception = upwards.iter().position(|(file, rule, _)| *file == source.path && within(&path, rule));
            match exception {
                _ if is_allowed => {}
                Some(exception) => needed[exception] = true,
                None => findings.push(source.finding(at, format!("{own} must not import {}", path.join("::")))),
            }
        }
    }
    for ((file, module, _), needed) in upwards.iter().zip(needed) {
        if !needed {
            let what = format!("the exception for {module} in tests/it/tidy.rs is not needed any more");
            findings.push(Finding { path: (*file).to_owned(), line: 1, what });
        }
    }
    findings
}

/// Each kind of outside is touched in its own files only.
fn outsides(sources: &[Source], outsides: &[Outside]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for outside in outsides {
        let mut needed = vec![false; outside.homes.len()];
        for source in sources {
            let places: BTreeSet<usize> = outside.words.iter().flat_map(|word| words(&source.code, word)).collect();
            let is_home =
                |home: &str| if home.ends_with('/') { source.path.starts_with(home) } else { source.path == home };
            let home = outside.homes.iter().position(|(home, _)| is_home(home));
            let most = home.map_or(0, |home| outside.homes[home].1);
            if let Some(home) = home.filter(|_| !places.is_empty()) {
                needed[home] = true;
            }
            for at in places.into_iter().skip(most) {
                let word = source.code[at..].split([' ', '(', ';', '\n']).next().unwrap_or_default();
                findings.push(source.finding(at, format!("{} outside its files: {word}", outside.what)));
            }
        }
        for ((home, _), needed) in outside.homes.iter().zip(needed) {
            if !needed {
                let what =
                    format!("does not touch {} any more; take it off the list in tests/it/tidy.rs", outside.what);
                findings.push(Finding { path: (*home).to_owned(), line: 1, what });
            }
        }
    }
    findings
}

/// Heads, lengths, lints that are switched off, and code behind the tests.
fn form(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lines: Vec<&str> = source.text.lines().collect();
    let is_library = source.path.starts_with("src/");
    // An included file cannot have inner docs; a comment has to do.
    let (head, least) = match source.path.as_str() {
        "src/error_codes.rs" => ("//", 1),
        _ if is_library => ("//!", 2),
        _ => ("//!", 1),
    };
    if lines.iter().take_while(|line| line.starts_with(head)).count() < least {
        findings.push(source.finding(0, format!("must begin with a head of at least {least} lines `{head}`")));
    }
    for (i, line) in lines.iter().enumerate().filter(|_| is_library) {
        let chars = line.chars().count();
        if chars > LINE_CHARS_MAX {
            let what = format!("{chars} characters in a line, at most {LINE_CHARS_MAX}");
            findings.push(Finding { path: source.path.clone(), line: i + 1, what });
        }
    }
    let count = source.code.lines().count();
    // A table has one noun however long it is.
    if is_library && source.path != "src/error_codes.rs" && count > LINES_MAX {
        findings
            .push(source.finding(source.code.len(), format!("{count} lines before the tests, at most {LINES_MAX}")));
    }
    if let Some((_, end)) = test_module(&source.blanked)
        && !source.blanked[end..].trim().is_empty()
    {
        findings.push(source.finding(end, "code behind the test module: tests come last"));
    }
    for (at, _) in source.blanked.match_indices('#') {
        let open = source.blanked[at + 1..].starts_with("![").then_some(at + 2);
        let Some(open) = open.or(source.blanked[at + 1..].starts_with('[').then_some(at + 1)) else { continue };
        let attribute = &source.blanked[open..closing(&source.blanked, open)];
        if words(attribute, "allow(").next().is_some() {
            findings.push(source.finding(at, "`allow` of a lint: use `expect` with a reason"));
        }
        if words(attribute, "expect(").next().is_some() && words(attribute, "reason").next().is_none() {
            findings.push(source.finding(at, "`expect` of a lint without a reason"));
        }
    }
    findings
}

/// The place of a text in a file.
fn line_of(text: &str, needle: &str) -> usize {
    text.lines().position(|line| line.contains(needle)).map_or(1, |i| i + 1)
}

/// Codes are well formed (`STO-004`) and there is one error for each.
fn codes_form(codes: &[&str], table: &str) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for code in codes {
        let found = |what: &str| Finding {
            path: "src/error_codes.rs".into(),
            line: line_of(table, &format!("\"{code}\"")),
            what: format!("{code} {what}"),
        };
        if code_at(code) != Some(code) {
            findings.push(found("is not three capitals, a dash and three digits"));
        }
        if !seen.insert(code) {
            findings.push(found("stands for two errors"));
        }
    }
    findings
}

/// The code that `text` begins with.
fn code_at(text: &str) -> Option<&str> {
    let code = text.get(..7)?;
    let bytes = code.as_bytes();
    let form =
        bytes[..3].iter().all(u8::is_ascii_uppercase) && bytes[3] == b'-' && bytes[4..].iter().all(u8::is_ascii_digit);
    let ends = text[7..].bytes().next().is_none_or(|b| !is_name(b));
    (form && ends).then_some(code)
}

/// Each code has one row in docs/errors.md, in the order of the table and with its exit code.
fn codes_documented(codes: &[(&str, u8)], page: &str) -> Vec<Finding> {
    let found = |line: usize, what: String| Finding { path: "docs/errors.md".into(), line, what };
    let mut findings = Vec::new();
    let mut rows = Vec::new();
    for (i, line) in page.lines().enumerate() {
        let Some(code) = line.strip_prefix("| `").and_then(code_at) else { continue };
        let exit = line.split('|').nth(2).map(str::trim).unwrap_or_default();
        match codes.iter().find(|(known, _)| *known == code) {
            Some((_, wanted)) if exit == wanted.to_string() => {}
            Some((_, wanted)) => {
                findings.push(found(i + 1, format!("{code} ends with exit code {wanted}, not {exit}")))
            }
            None => findings.push(found(i + 1, format!("{code} does not exist"))),
        }
        rows.push((i + 1, code));
    }
    for (code, _) in codes {
        match rows.iter().filter(|(_, row)| row == code).count() {
            1 => {}
            0 => findings.push(found(1, format!("{code} has no row"))),
            n => findings.push(found(1, format!("{code} has {n} rows"))),
        }
    }
    let order = |code: &str| codes.iter().position(|(known, _)| *known == code);
    for pair in rows.windows(2) {
        if order(pair[0].1) > order(pair[1].1) && order(pair[1].1).is_some() {
            findings.push(found(pair[1].0, format!("{} stands before {} in src/error_codes.rs", pair[1].1, pair[0].1)));
        }
    }
    findings
}

/// A page names no code that does not exist.
fn codes_exist(codes: &[&str], path: &str, page: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, line) in page.lines().enumerate() {
        // Codes are in code spans, where a standard's number is not.
        for (at, _) in line.match_indices('`') {
            let Some(code) = line.get(at + 1..).and_then(code_at) else { continue };
            if line[at + 8..].starts_with('`') && !codes.contains(&code) {
                findings.push(Finding { path: path.into(), line: i + 1, what: format!("{code} does not exist") });
            }
        }
    }
    findings
}

/// Each act has one row in the table of docs/format.md §4.3, and each row is an act.
fn acts_documented(acts: &[&str], page: &str) -> Vec<Finding> {
    let found = |line: usize, what: String| Finding { path: "docs/format.md".into(), line, what };
    let mut findings = Vec::new();
    let mut rows = Vec::new();
    let section = page.lines().enumerate().skip_while(|(_, line)| !line.starts_with("### 4.3")).skip(1);
    for (i, line) in section.take_while(|(_, line)| !line.starts_with('#')) {
        let cell = line.strip_prefix("| `").and_then(|line| line.split('`').next());
        let Some(act) = cell.filter(|cell| cell.contains('.')) else { continue };
        if !acts.contains(&act) {
            findings.push(found(i + 1, format!("there is no act {act}")));
        }
        if rows.contains(&act) {
            findings.push(found(i + 1, format!("{act} has two rows")));
        }
        rows.push(act);
    }
    for act in acts.iter().filter(|act| !rows.contains(act)) {
        findings.push(found(1, format!("{act} is not in the table of §4.3")));
    }
    findings
}

/// The top level is what the house is made of, and nothing else.
fn top_level(names: &[&str]) -> Vec<Finding> {
    let found = |name: &str, what: &str| Finding { path: name.to_owned(), line: 1, what: what.to_owned() };
    let missing = TOP_LEVEL.iter().filter(|name| !names.contains(name));
    // Not kept in the repository: what the compiler and the demo make here.
    let is_made = |name: &str| name == "target" || name.starts_with("muragat-demo-");
    let surplus = names.iter().filter(|n| !TOP_LEVEL.contains(n) && !n.starts_with('.') && !is_made(n));
    missing.map(|n| found(n, "is missing")).chain(surplus.map(|n| found(n, "has no place at the top level"))).collect()
}

/// Every file of `tests/it` is a module of the binary.
fn tests_listed(main: &str, names: &[&str]) -> Vec<Finding> {
    let found = |path: String, line: usize, what: &str| Finding { path, line, what: what.to_owned() };
    let listed = |stem: &str| main.lines().any(|line| line == format!("mod {stem};"));
    let unlisted = names.iter().filter(|n| **n != "main.rs" && !listed(n.trim_end_matches(".rs")));
    unlisted.map(|n| found(format!("tests/it/{n}"), 1, "is not listed in tests/it/main.rs")).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}:1: {e}"))
}

/// Names in a folder of the project, sorted.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|e| panic!("{folder}:1: {e}"));
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Rust sources below a folder.
fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    for name in names(folder) {
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") {
            found.push(Source::new(&path, &read(&path)));
        }
    }
    found
}

fn none(findings: &[Finding]) {
    let list: String = findings.iter().map(|finding| format!("\n{finding}")).collect();
    assert!(findings.is_empty(), "{} findings:{list}", findings.len());
}

#[test]
fn the_top_level_is_the_house() {
    let names = names("");
    none(&top_level(&names.iter().map(String::as_str).collect::<Vec<_>>()));
}

#[test]
fn layers_import_downwards() {
    none(&layers(&sources("src"), &UPWARDS));
}

#[test]
fn each_outside_has_its_place() {
    none(&outsides(&sources("src"), &OUTSIDES));
}

#[test]
fn sources_have_their_form() {
    let all = ["src", "tests", "tools"].into_iter().flat_map(sources);
    none(&all.flat_map(|source| form(&source)).collect::<Vec<_>>());
}

#[test]
fn codes_are_documented() {
    let codes: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    let exits: Vec<(&str, u8)> = ErrorCode::ALL.iter().map(|code| (code.as_str(), code.exit() as u8)).collect();
    let mut findings = codes_form(&codes, &read("src/error_codes.rs"));
    findings.extend(codes_documented(&exits, &read("docs/errors.md")));
    for name in names("docs").iter().filter(|name| name.ends_with(".md")) {
        let path = format!("docs/{name}");
        findings.extend(codes_exist(&codes, &path, &read(&path)));
    }
    findings.extend(codes_exist(&codes, "README.md", &read("README.md")));
    none(&findings);
}

#[test]
fn acts_are_documented() {
    let acts: Vec<&str> = ActKind::ALL.iter().map(|act| act.as_str()).collect();
    none(&acts_documented(&acts, &read("docs/format.md")));
}

#[test]
fn integration_tests_are_listed() {
    let names = names("tests/it");
    none(&tests_listed(&read("tests/it/main.rs"), &names.iter().map(String::as_str).collect::<Vec<_>>()));
}

// The rules themselves: each is broken, and almost broken.

const HEAD: &str = "//! One.\n//! Two.\n";

fn lines(findings: &[Finding]) -> Vec<usize> {
    findings.iter().map(|finding| finding.line).collect()
}

#[test]
fn comments_and_strings_are_no_code() {
    let cases = [
        ("a // b \"c\nd", "a\nd"),
        ("a /* b /* c */ d */ e", "a e"),
        ("f(\"a \\\" b\", 'c', '\\'', 'ж') g", "f( , , , ) g"),
        ("f::<'a>(\"/*\") /*\"*/ g", "f::<'a>( ) g"),
        ("[r\"a\\\", r#\"b\"c\"#, br\"d\", r#type, bar]", "[ , , b , r#type, bar]"),
        ("a \"not closed", "a"),
    ];
    let words = |text: &str| text.split([' ', '\n']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    for (text, wanted) in cases {
        let blanked = blank(text);
        assert_eq!(words(&blanked), words(wanted), "{text}");
        assert_eq!((blanked.len(), blanked.lines().count()), (text.len(), text.lines().count()), "{text}");
    }
}

#[test]
fn the_wall_stops_every_way_up() {
    let wall = |path: &str, code: &str| layers(&[Source::new(path, code)], &[]);
    for code in [
        "use crate::tlog::commit::Act;",
        "use crate::{model::id, tlog};",
        "use crate::{model::{id, digest}, tlog::{leaf, tree}};",
        "use crate::tlog::*;",
        "use super::super::tlog::leaf;",
        "fn f() { crate::tlog::tree::<u8>() }",
        "fn f(tests: u8) { let _ = crate::index::kv::open(); }\n#[cfg(test)]\nfn g() {}",
    ] {
        assert!(!wall("src/store/disk.rs", code).is_empty(), "{code}");
    }
    for code in [
        "use crate::model::{id, digest,};",
        "use crate::error::Error;",
        "use super::format;",
        "use crate::store::format;",
        "// crate::tlog",
        "/// [`commit`](crate::tlog::commit)\nfn f() -> &str { \"crate::tlog\" }",
        "use tlog::other; use x_crate::tlog;",
        "#[cfg(test)]\nmod tests {\n    use crate::testing::fault;\n}",
    ] {
        assert_eq!(wall("src/store/disk.rs", code), [], "{code}");
    }
    assert_eq!(lines(&wall("src/store/disk.rs", "\n\nuse crate::vault::Vault;")), [3]);
    assert_eq!(lines(&wall("src/store/mod.rs", "use super::tlog;")), [1]);
    assert_eq!(lines(&wall("src/index/kv.rs", "use crate::tlog::leaf;\nuse crate::tlog::commit;")), [2]);
    assert_eq!(lines(&wall("src/vault/mod.rs", "use crate::store::disk;\nuse crate::store::seal;")), [2]);
    assert_eq!(lines(&wall("src/main.rs", "use muragat::cli;\nuse muragat::store;")), [2]);
    assert_eq!(lines(&wall("src/clock.rs", "use crate::text;\nuse crate::model;")), [2]);
    assert_eq!(lines(&wall("src/surprise/mod.rs", "")), [1]);
}

#[test]
fn an_exception_that_nobody_needs_fails() {
    let config = |code: &str| layers(&[Source::new("src/config.rs", code)], &[("src/config.rs", "tlog::leaf", "")]);
    assert_eq!(config("use crate::tlog::leaf;"), []);
    assert_eq!(config("use crate::tlog::tree;").len(), 2);
    assert_eq!(config("").len(), 1);
}

#[test]
fn outsides_are_found_outside_their_files() {
    let found = |path: &str, code: &str| {
        let stale = |finding: &Finding| !finding.what.contains("any more");
        outsides(&[Source::new(path, code)], &OUTSIDES).into_iter().filter(stale).collect::<Vec<_>>()
    };
    for code in [
        "let t = std::time::SystemTime::now();",
        "let t = Instant::now();",
        "use std::fs;",
        "use std::{fs, io};",
        "fs::write(a, b)",
        "use std::fs::File;",
        "use ring::rand::SystemRandom;",
        "println!();",
        "eprintln!();",
        "std::env::var(\"A\")",
        "dbg!(x);",
        "todo!()",
        "x.unwrap();",
    ] {
        assert_eq!(found("src/store/read.rs", code).len(), 1, "{code}");
    }
    for code in [
        "// println!",
        "let s = \"SystemTime::now\";",
        "x.unwrap_or(0); x.unwrap_err();",
        "use std::os::unix::fs::MetadataExt;",
        "struct File; let f = File::new();",
        "writeln!(out, \"\");",
        "env!(\"A\")",
        "#[cfg(test)]\nmod tests {\n    fn f() { println!(); x.unwrap(); std::fs::read(p); Instant::now(); }\n}",
    ] {
        assert_eq!(found("src/store/read.rs", code), [], "{code}");
    }
    assert_eq!(found("src/store/local.rs", "std::fs::read(p)"), []);
    assert_eq!(found("src/cli/get.rs", "println!()"), []);
    assert_eq!(lines(&found("src/cli/get.rs", "\nx.unwrap()")), [2]);
    assert_eq!(lines(&found("src/archive.rs", "Instant::now();\nInstant::now();")), [2], "once, not twice");
    let empty = outsides(&[], &OUTSIDES);
    assert_eq!(empty.len(), OUTSIDES.iter().map(|outside| outside.homes.len()).sum::<usize>());
}

#[test]
fn forms_are_told_apart() {
    let found = |path: &str, code: &str| form(&Source::new(path, code));
    let body = |code: &str| found("src/model/id.rs", &format!("{HEAD}{code}"));
    let many = |n: usize| "fn f() {}\n".repeat(n);
    let line = |n: usize| "ж".repeat(n);

    assert_eq!(lines(&found("src/model/id.rs", "//! One.\n\nfn f() {}")), [1]);
    assert_eq!(lines(&found("src/model/id.rs", "fn f() {}\n//! One.\n//! Two.")), [1]);
    assert_eq!(lines(&found("src/error_codes.rs", "codes! {}")), [1]);
    assert_eq!(found("src/error_codes.rs", "// The table.\ncodes! {}"), []);
    assert_eq!(found("src/error_codes.rs", &format!("// The table.\n{}", many(LINES_MAX))), []);

    assert_eq!(lines(&body(&format!("// {}", line(118)))), [3]);
    assert_eq!(body(&format!("// {}", line(117))), []);

    assert_eq!(body(&many(LINES_MAX)).len(), 1);
    assert_eq!(body(&many(LINES_MAX - 2)), []);
    assert_eq!(body(&format!("#[cfg(test)]\nmod tests {{\n{}}}\n", many(LINES_MAX))), []);
    assert_eq!(found("tests/it/x.rs", &format!("//! One.\n// {}\n{}", line(200), many(LINES_MAX))), []);
    assert_eq!(lines(&found("tests/it/x.rs", "mod a;")), [1]);

    assert_eq!(lines(&body("#[cfg(test)]\nmod tests {\n}\nfn f() {}\n")), [5]);
    assert_eq!(body("#[cfg(test)]\nuse a::b;\nfn f() {}\n"), []);

    assert_eq!(lines(&body("#[allow(dead_code)]\nfn f() {}")), [3]);
    assert_eq!(lines(&body("#![allow(dead_code)]")), [3]);
    assert_eq!(lines(&body("\n#[cfg_attr(a, allow(dead_code))]")), [4]);
    assert_eq!(lines(&body("#[expect(dead_code)]")), [3]);
    assert_eq!(body("#[expect(dead_code, reason = \"for later\")]"), []);
    assert_eq!(body("// #[allow(dead_code)]\nfn allow(a: [u8; 2]) {}"), []);
}

#[test]
fn codes_and_their_page_are_compared() {
    let table = "A = \"STO-001\"\nB = \"STO-002\"";
    assert_eq!(codes_form(&["STO-001", "STO-002"], table), []);
    assert_eq!(lines(&codes_form(&["STO-001", "STO-002", "STO-002"], table)), [2]);
    for code in ["STO-01", "STO-0001", "sto-001", "STOR-001", "STO_001", "STO-00A", ""] {
        assert_eq!(codes_form(&[code], table).len(), 1, "{code}");
    }

    let codes = [("STO-001", 7), ("STO-002", 6)];
    let row = |code: &str, exit: u8| format!("| `{code}` | {exit} | text |\n");
    let page = |rows: &[String]| codes_documented(&codes, &rows.concat());
    assert_eq!(page(&[row("STO-001", 7), "\n".into(), row("STO-002", 6)]), []);
    assert_eq!(page(&[row("STO-001", 7)]).len(), 1, "missing");
    assert_eq!(lines(&page(&[row("STO-001", 7), row("STO-002", 7)])), [2], "another exit code");
    assert_eq!(lines(&page(&[row("STO-001", 7), row("STO-002", 6), row("STO-003", 6)])), [3], "unknown");
    assert_eq!(lines(&page(&[row("STO-002", 6), row("STO-001", 7)])), [2], "another order");
    assert_eq!(page(&[row("STO-001", 7), row("STO-001", 7), row("STO-002", 6)]).len(), 1, "twice");

    let mentions = "`STO-001`, STO-003, `STO-0033`, `RFC 6962`\n`STO-003`";
    assert_eq!(lines(&codes_exist(&["STO-001"], "README.md", mentions)), [2]);
}

#[test]
fn acts_and_their_table_are_compared() {
    let page =
        "| `a.x` | elsewhere |\n### 4.3 Entries\n| `act` | `rec` |\n| `a.b` | - |\n| `c.d` | - |\n### 4.4\n| `e.f` |";
    assert_eq!(acts_documented(&["a.b", "c.d"], page), []);
    assert_eq!(acts_documented(&["a.b", "c.d", "e.f"], page).len(), 1);
    assert_eq!(lines(&acts_documented(&["a.b"], page)), [5]);
    assert_eq!(acts_documented(&["a.b", "c.d"], &page.replace("c.d", "a.b")).len(), 2);
}

#[test]
fn strangers_and_gaps_are_seen() {
    let house = |more: &'static str| {
        let mut names = TOP_LEVEL.to_vec();
        names.extend([".git", "target", "muragat-demo-1", more]);
        names
    };
    assert_eq!(top_level(&house(".ci")), []);
    assert_eq!(top_level(&house("LICENSE")).len(), 1);
    assert_eq!(top_level(&TOP_LEVEL[1..]).len(), 1);

    assert_eq!(tests_listed("mod a;\nmod b;\n", &["a.rs", "b", "main.rs"]), []);
    assert_eq!(tests_listed("// mod a;\n", &["a.rs"]).len(), 1);
    assert_eq!(tests_listed("mod ab;\n", &["a.rs"]).len(), 1);
}
