//! Paths of tiles: the one place that knows them (C2SP tlog-tiles).
//!
//! A path follows from level, index and width alone, so no list of tiles is kept anywhere. No I/O.

use super::tree::TILE_WIDTH;

/// The folder of the journal inside the archive.
pub const TLOG: &str = "tlog";

/// The path of hash tile `index` of `level`; `width` below 256 is a partial tile.
pub fn hash_tile(level: u8, index: u64, width: u64) -> String {
    path(&format!("{TLOG}/tile/{level}"), index, width)
}

/// The path of entry bundle `index`; `width` below 256 is a partial bundle.
pub fn entries_tile(index: u64, width: u64) -> String {
    path(&format!("{TLOG}/tile/entries"), index, width)
}

/// Groups of three digits, all but the last with an `x` before them: 1234067 is `x001/x234/067`.
fn path(folder: &str, index: u64, width: u64) -> String {
    let mut groups = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        groups = format!("x{:03}/{groups}", rest % 1000);
        rest /= 1000;
    }
    assert!((1..=TILE_WIDTH).contains(&width), "a tile has 1 to 256 hashes");
    if width == TILE_WIDTH { format!("{folder}/{groups}") } else { format!("{folder}/{groups}.p/{width}") }
}

/// One past the last entry of the entry bundle at this path; `None` for other paths.
pub fn entries_end(path: &str) -> Option<u64> {
    let rest = path.strip_prefix(TLOG)?.strip_prefix("/tile/entries/")?;
    let (groups, width) = match rest.split_once(".p/") {
        Some((groups, width)) => (groups, width.parse().ok()?),
        None => (rest, TILE_WIDTH),
    };
    let digits: String = groups.chars().filter(char::is_ascii_digit).collect();
    digits.parse::<u64>().ok()?.checked_mul(TILE_WIDTH)?.checked_add(width)
}

/// Width of tile `index` of `level` in a tree of `size` entries; 0 when there is no such tile.
pub fn width(level: u8, index: u64, size: u64) -> u64 {
    let hashes = size >> (8 * u32::from(level)).min(63);
    hashes.saturating_sub(index.saturating_mul(TILE_WIDTH)).min(TILE_WIDTH)
}

/// All tiles of a tree of `size`: level (`None` for entries), index, width.
pub fn all(size: u64) -> impl Iterator<Item = (Option<u8>, u64, u64)> {
    let levels = (0..8u8).map(Some).chain([None]);
    levels.flat_map(move |level| {
        let of_width = level.unwrap_or(0);
        (0..).map(move |index| (level, index, width(of_width, index, size))).take_while(|(_, _, width)| *width > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_specification() {
        assert_eq!(hash_tile(0, 1_234_067, 256), "tlog/tile/0/x001/x234/067");
        assert_eq!(hash_tile(3, 0, 1), "tlog/tile/3/000.p/1");
        assert_eq!(entries_tile(1000, 112), "tlog/tile/entries/x001/000.p/112");
        assert_eq!(entries_end("tlog/tile/entries/x001/000.p/112"), Some(256_112));
        assert_eq!(entries_end(&entries_tile(1_234_067, 256)), Some(1_234_068 * 256));
        assert_eq!(entries_end("tlog/tile/0/000"), None);
    }

    #[test]
    fn tiles_of_a_size() {
        let tiles: Vec<_> = all(70_000).collect();
        // 273 full and one partial tile of level 0 (70,000 = 273·256 + 112), 2 of level 1, 1 of level 2, 274 bundles.
        assert_eq!(tiles.len(), 274 + 2 + 1 + 274);
        assert!(tiles.contains(&(Some(0), 273, 112)));
        assert!(tiles.contains(&(Some(1), 1, 17)));
        assert!(tiles.contains(&(Some(2), 0, 1)));
        assert_eq!(all(0).count(), 0);
    }
}
