// Command oracle checks a Muragat journal with code that is not Muragat's: the sumdb/note and sumdb/tlog packages of
// golang.org/x/mod read the signed note, rebuild the RFC 6962 tree and check every proof.
//
//	oracle VKEYFILE TLOGDIR [--proof PROOFFILE ENTRYFILE]... [--older CHECKPOINTFILE]...
//	       [--cosigned WITNESSVKEYFILE CHECKPOINTFILE]...
//
// TLOGDIR holds `checkpoint`, `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]` (C2SP tlog-tiles). No process may
// write to it meanwhile. Prints `ok size=N tiles=M` and ends 0, or a line `FAIL <file>: reason` for each bad file and
// ends 1; wrong usage ends 2. Files that the checkpoint does not cover are named on stderr and are no failure.
//
// The signed root decides. Leaf hashes come from the entry bundles; when those do not give the root, but the stored
// level 0 tiles do, the bundles that differ are named and the tiles stand in for them, so that a run names all damage.
// tlog.TileHashReader is not used: before x/mod 0.40 it leaves some tiles unauthenticated (CVE-2026-56865).
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight  = 8
	tileWidth   = 1 << tileHeight
	samplesMax  = 1000
	usage       = "usage: oracle VKEYFILE TLOGDIR [--proof PROOFFILE ENTRYFILE]... [--older CHECKPOINTFILE]... [--cosigned WITNESSVKEYFILE CHECKPOINTFILE]..."
	proofHeader = "c2sp.org/tlog-proof@v1"
)

// A checkpoint is the text of a note whose signature has been checked.
type checkpoint struct {
	size int64
	root tlog.Hash
}

// A memory holds the hashes of the whole tree in the order of tlog.StoredHashIndex.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(m)) {
			return nil, fmt.Errorf("hash %d is outside the tree", index)
		}
		hashes[i] = m[index]
	}
	return hashes, nil
}

// A log is one journal directory under check.
type log struct {
	dir      string
	verifier note.Verifier
	head     checkpoint
	leaves   []tlog.Hash
	hashes   memory
	tiles    map[string][]byte // every hash tile the checkpoint calls for, by its name without `.p/<W>`
	covered  map[string]bool   // files already checked, by path below dir
	failures int
}

func main() {
	vkey, dir, proofs, older, cosigned, err := arguments(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	l := &log{dir: dir, tiles: map[string][]byte{}, covered: map[string]bool{}}
	l.check(vkey, proofs, older, cosigned)
	if l.failures > 0 {
		os.Exit(1)
	}
	fmt.Printf("ok size=%d tiles=%d\n", l.head.size, len(l.tiles))
}

func arguments(args []string) (vkey, dir string, proofs [][2]string, older []string, cosigned [][2]string, err error) {
	var plain []string
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--proof" && i+2 < len(args):
			proofs = append(proofs, [2]string{args[i+1], args[i+2]})
			i += 2
		case args[i] == "--older" && i+1 < len(args):
			older = append(older, args[i+1])
			i++
		case args[i] == "--cosigned" && i+2 < len(args):
			cosigned = append(cosigned, [2]string{args[i+1], args[i+2]})
			i += 2
		case strings.HasPrefix(args[i], "-"):
			return "", "", nil, nil, nil, fmt.Errorf("unknown or incomplete option %s", args[i])
		default:
			plain = append(plain, args[i])
		}
	}
	if len(plain) != 2 {
		return "", "", nil, nil, nil, errors.New("give the file of the log's verifier key and the journal directory")
	}
	return plain[0], plain[1], proofs, older, cosigned, nil
}

func (l *log) fail(file, format string, args ...interface{}) {
	fmt.Printf("FAIL %s: %s\n", file, fmt.Sprintf(format, args...))
	l.failures++
}

// check runs every step; a step that leaves nothing to compare against ends the run.
func (l *log) check(vkeyFile string, proofs [][2]string, older []string, cosigned [][2]string) {
	vkey, err := os.ReadFile(vkeyFile)
	if err == nil {
		l.verifier, err = note.NewVerifier(strings.TrimSpace(string(vkey)))
	}
	if err != nil {
		l.fail(vkeyFile, "%v", err)
		return
	}
	data, err := os.ReadFile(filepath.Join(l.dir, "checkpoint"))
	if err == nil {
		l.head, err = openCheckpoint(data, l.verifier)
	}
	if err != nil {
		l.fail("checkpoint", "%v", err)
		return
	}
	l.readHashTiles()
	if !l.readEntries() || !l.settleRoot() {
		return
	}
	l.compareTiles()
	l.compareOtherFiles()
	if l.failures > 0 {
		return
	}
	l.proveEverything()
	for _, file := range older {
		l.checkOlder(file)
	}
	for _, pair := range proofs {
		l.checkProof(pair[0], pair[1])
	}
	for _, pair := range cosigned {
		l.checkCosigned(pair[0], pair[1])
	}
}

// A cosigner verifies cosignature/v1 lines (C2SP tlog-cosignature, type 0x04), which sumdb/note does not know.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }

func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signature), text)
	return ed25519.Verify(c.key, []byte(message), signature[8:])
}

func newCosigner(file string) (cosigner, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return cosigner{}, err
	}
	parts := strings.SplitN(strings.TrimSpace(string(data)), "+", 3)
	if len(parts) != 3 {
		return cosigner{}, errors.New("no verifier key")
	}
	key, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return cosigner{}, errors.New("no verifier key of type 0x04")
	}
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(digest[:4])
	if parts[1] != fmt.Sprintf("%08x", hash) {
		return cosigner{}, errors.New("the key id is not that of the key")
	}
	return cosigner{parts[0], hash, key[1:]}, nil
}

// checkCosigned checks that a witness cosigned a checkpoint of this journal.
func (l *log) checkCosigned(vkeyFile, file string) {
	witness, err := newCosigner(vkeyFile)
	if err != nil {
		l.fail(vkeyFile, "%v", err)
		return
	}
	data, err := os.ReadFile(file)
	if err == nil {
		var opened *note.Note
		if opened, err = note.Open(data, note.VerifierList(l.verifier, witness)); err == nil && len(opened.Sigs) != 2 {
			err = errors.New("not signed by both the log and the witness")
		}
	}
	if err != nil {
		l.fail(file, "%v", err)
		return
	}
	l.checkOlder(file)
}

// openCheckpoint checks the signature of a note and reads its three lines: origin, size, root.
func openCheckpoint(data []byte, verifier note.Verifier) (checkpoint, error) {
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return checkpoint{}, err
	}
	for _, sig := range append(opened.Sigs, opened.UnverifiedSigs...) {
		// The unused last bits of base64 are outside the signature; a flipped one must be seen all the same.
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return checkpoint{}, fmt.Errorf("signature is not canonical base64: %v", err)
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 {
		return checkpoint{}, fmt.Errorf("text has %d lines, expected origin, size and root", len(lines)-1)
	}
	if lines[0] != verifier.Name() {
		return checkpoint{}, fmt.Errorf("origin %q, the key is named %q", lines[0], verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return checkpoint{}, fmt.Errorf("size %q is no canonical number", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return checkpoint{}, fmt.Errorf("root %q is no SHA-256 in base64", lines[2])
	}
	c := checkpoint{size: size}
	copy(c.root[:], root)
	return c, nil
}

// tileName writes N in groups of three digits, all but the last prefixed with x.
func tileName(level string, n int64) string {
	name := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		name = fmt.Sprintf("x%03d/%s", n%1000, name)
	}
	return "tile/" + level + "/" + name
}

func withWidth(name string, width int) string {
	if width < tileWidth {
		return fmt.Sprintf("%s.p/%d", name, width)
	}
	return name
}

// each calls f for the tiles that a level of `count` hashes or entries consists of.
func each(level string, count int64, f func(n int64, name string, width int)) {
	for n := int64(0); n < count/tileWidth; n++ {
		f(n, tileName(level, n), tileWidth)
	}
	if rest := int(count % tileWidth); rest > 0 {
		f(count/tileWidth, tileName(level, count/tileWidth), rest)
	}
}

func (l *log) read(file string) ([]byte, bool) {
	l.covered[file] = true
	data, err := os.ReadFile(filepath.Join(l.dir, filepath.FromSlash(file)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.fail(file, "missing")
	case err != nil:
		l.fail(file, "%v", err)
	}
	return data, err == nil
}

// readHashTiles reads all tiles of all levels; what is missing or has the wrong length is named here.
func (l *log) readHashTiles() {
	for level := 0; l.head.size>>(tileHeight*level) > 0; level++ {
		each(strconv.Itoa(level), l.head.size>>(tileHeight*level), func(_ int64, name string, width int) {
			file := withWidth(name, width)
			data, ok := l.read(file)
			if ok && len(data) != width*tlog.HashSize {
				l.fail(file, "%d bytes, expected %d hashes of %d", len(data), width, tlog.HashSize)
				ok = false
			}
			if ok {
				l.tiles[name] = data
			}
		})
	}
}

// readEntries hashes the entries of all bundles; false when some cannot be read.
func (l *log) readEntries() bool {
	before := l.failures
	whole := true
	each("entries", l.head.size, func(_ int64, name string, width int) {
		file := withWidth(name, width)
		data, ok := l.read(file)
		if !ok {
			whole = false
			return
		}
		leaves, err := bundleLeaves(data, width)
		if err != nil {
			l.fail(file, "%v", err)
			whole = false
			return
		}
		l.leaves = append(l.leaves, leaves...)
	})
	return whole && (l.failures == before)
}

// bundleEntries splits a bundle: uint16 big-endian length, then that many bytes, for each entry.
func bundleEntries(data []byte, count int) ([][]byte, error) {
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 {
			return nil, fmt.Errorf("entry %d of the bundle has half a length", len(entries))
		}
		size := int(binary.BigEndian.Uint16(data))
		if len(data)-2 < size {
			return nil, fmt.Errorf("entry %d of the bundle says %d bytes, %d are left", len(entries), size, len(data)-2)
		}
		entries = append(entries, data[2:2+size])
		data = data[2+size:]
	}
	if len(entries) != count {
		return nil, fmt.Errorf("%d entries, expected %d", len(entries), count)
	}
	return entries, nil
}

func bundleLeaves(data []byte, count int) ([]tlog.Hash, error) {
	entries, err := bundleEntries(data, count)
	leaves := make([]tlog.Hash, len(entries))
	for i, entry := range entries {
		leaves[i] = tlog.RecordHash(entry)
	}
	return leaves, err
}

// build makes all hashes of the tree from its leaves.
func build(leaves []tlog.Hash) memory {
	var m memory
	for n, leaf := range leaves {
		hashes, err := tlog.StoredHashesForRecordHash(int64(n), leaf, m)
		if err != nil {
			panic(err) // memory holds every earlier hash
		}
		m = append(m, hashes...)
	}
	return m
}

func rootAt(size int64, m memory) tlog.Hash {
	if size == 0 {
		return tlog.Hash(sha256.Sum256(nil)) // RFC 6962 §2.1; x/mod defines zeros instead
	}
	root, err := tlog.TreeHash(size, m)
	if err != nil {
		panic(err) // size never exceeds what memory was built for
	}
	return root
}

// settleRoot compares the rebuilt root with the signed one and finds who is wrong.
func (l *log) settleRoot() bool {
	l.hashes = build(l.leaves)
	root := rootAt(l.head.size, l.hashes)
	if root == l.head.root {
		return true
	}
	stored, different := l.storedLeaves()
	if len(different) == 0 {
		l.fail("checkpoint", "signed root %v, the entries give %v", l.head.root, root)
		return false
	}
	hashes := build(stored)
	if stored == nil || rootAt(l.head.size, hashes) != l.head.root {
		for _, file := range different {
			l.fail(file, "does not match its level 0 tile, and neither gives the signed root %v", l.head.root)
		}
		return false
	}
	for _, file := range different {
		l.fail(file, "entries do not hash to the leaves under the signed root")
	}
	l.leaves, l.hashes = stored, hashes
	return true
}

// storedLeaves returns the leaf hashes of the level 0 tiles (nil when one is missing) and the bundles that differ.
func (l *log) storedLeaves() (stored []tlog.Hash, different []string) {
	complete := true
	each("0", l.head.size, func(n int64, name string, width int) {
		tile, ok := l.tiles[name]
		if !ok {
			complete = false
			return
		}
		same := true
		for i := 0; i < width; i++ {
			var hash tlog.Hash
			copy(hash[:], tile[i*tlog.HashSize:])
			same = same && hash == l.leaves[n*tileWidth+int64(i)]
			stored = append(stored, hash)
		}
		if !same {
			different = append(different, withWidth(tileName("entries", n), width))
		}
	})
	if !complete {
		return nil, different
	}
	return stored, different
}

func (l *log) expectedTile(level int, n int64, width int) []byte {
	data, err := tlog.ReadTileData(tlog.Tile{H: tileHeight, L: level, N: n, W: width}, l.hashes)
	if err != nil {
		panic(err) // callers ask only for tiles inside the tree
	}
	return data
}

func (l *log) compareTiles() {
	for level := 0; l.head.size>>(tileHeight*level) > 0; level++ {
		each(strconv.Itoa(level), l.head.size>>(tileHeight*level), func(n int64, name string, width int) {
			if data, ok := l.tiles[name]; ok {
				l.compare(withWidth(name, width), data, l.expectedTile(level, n, width))
			}
		})
	}
}

func (l *log) compare(file string, found, expected []byte) {
	if bytes.Equal(found, expected) {
		return
	}
	at := 0
	for at < len(found) && at < len(expected) && found[at] == expected[at] {
		at++
	}
	l.fail(file, "hash %d is not the one recomputed from the entries", at/tlog.HashSize)
}

var tilePath = regexp.MustCompile(`^tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?$`)

// compareOtherFiles checks the partial tiles left from earlier sizes, and names what no checkpoint covers.
func (l *log) compareOtherFiles() {
	root := filepath.Join(l.dir, "tile")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if path == root && l.head.size == 0 && errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		file, err := filepath.Rel(l.dir, path)
		if err != nil || entry.IsDir() {
			return err
		}
		if file = filepath.ToSlash(file); !l.covered[file] {
			l.compareOtherFile(file)
		}
		return nil
	})
	if err != nil {
		l.fail("tile", "%v", err)
	}
}

func (l *log) compareOtherFile(file string) {
	level, n, width, ok := parseTilePath(file)
	if !ok {
		fmt.Fprintf(os.Stderr, "note: %s is no tile name\n", file)
		return
	}
	leaf := level
	if level < 0 {
		leaf = 0
	}
	if n >= 1<<40 || leaf > 7 || n*tileWidth+int64(width) > l.head.size>>(tileHeight*leaf) {
		fmt.Fprintf(os.Stderr, "note: %s is beyond the checkpoint, not checked\n", file)
		return
	}
	data, ok := l.read(file)
	if !ok {
		return
	}
	if level >= 0 {
		l.compare(file, data, l.expectedTile(level, n, width))
		return
	}
	leaves, err := bundleLeaves(data, width)
	if err != nil {
		l.fail(file, "%v", err)
		return
	}
	for i, hash := range leaves {
		if hash != l.leaves[n*tileWidth+int64(i)] {
			l.fail(file, "entry %d of the bundle does not hash to its leaf", i)
			return
		}
	}
}

// parseTilePath reads a tile name back; level is -1 for entry bundles.
func parseTilePath(file string) (level int, n int64, width int, ok bool) {
	m := tilePath.FindStringSubmatch(file)
	if m == nil {
		return 0, 0, 0, false
	}
	level, width = -1, tileWidth
	if m[1] != "entries" {
		level, _ = strconv.Atoi(m[1])
	}
	n, err := strconv.ParseInt(strings.NewReplacer("x", "", "/", "").Replace(m[2]), 10, 64)
	if m[3] != "" {
		width, _ = strconv.Atoi(m[3])
	}
	canonical := err == nil && withWidth(tileName(m[1], n), width) == file
	return level, n, width, canonical
}

// ReadHashes takes hashes out of the stored tiles, which by now are known to equal the recomputed ones.
func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		tile := tlog.TileForIndex(tileHeight, index)
		data := l.tiles[tileName(strconv.Itoa(tile.L), tile.N)]
		tile.W = len(data) / tlog.HashSize
		hash, err := tlog.HashFromTile(tile, data, index)
		if err != nil {
			return nil, err
		}
		hashes[i] = hash
	}
	return hashes, nil
}

// proveEverything makes proofs from the stored tiles and checks them against the signed root.
func (l *log) proveEverything() {
	size := l.head.size
	samples := size
	if samples > samplesMax {
		samples = samplesMax
	}
	for i := int64(0); i < samples; i++ {
		index := i
		if size > samplesMax {
			index = i * (size - 1) / (samplesMax - 1)
		}
		proof, err := tlog.ProveRecord(size, index, l)
		if err == nil {
			err = tlog.CheckRecord(proof, size, l.head.root, index, l.leaves[index])
		}
		if err != nil {
			l.fail("checkpoint", "no inclusion proof for entry %d: %v", index, err)
			return
		}
	}
	for _, old := range []int64{1, 2, 3, 255, 256, 257, 65535, 65536, 65537, size / 3, size / 2, size - 1, size} {
		if old < 1 || old > size {
			continue
		}
		if err := l.consistent(checkpoint{old, rootAt(old, l.hashes)}); err != nil {
			l.fail("checkpoint", "not consistent with size %d: %v", old, err)
		}
	}
}

// consistent reports whether the journal only grew since old was signed.
func (l *log) consistent(old checkpoint) error {
	if old.size > l.head.size {
		return fmt.Errorf("size %d, the journal has only %d", old.size, l.head.size)
	}
	if old.root != rootAt(old.size, l.hashes) {
		return fmt.Errorf("root %v, the journal had %v at size %d", old.root, rootAt(old.size, l.hashes), old.size)
	}
	if old.size == 0 {
		return nil
	}
	proof, err := tlog.ProveTree(l.head.size, old.size, l)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, l.head.size, l.head.root, old.size, old.root)
}

func (l *log) checkOlder(file string) {
	data, err := os.ReadFile(file)
	if err == nil {
		var old checkpoint
		if old, err = openCheckpoint(data, l.verifier); err == nil {
			err = l.consistent(old)
		}
	}
	if err != nil {
		l.fail(file, "%v", err)
	}
}

// checkProof checks a C2SP tlog-proof of one entry, and that its checkpoint belongs to this journal.
func (l *log) checkProof(proofFile, entryFile string) {
	entry, err := os.ReadFile(entryFile)
	if err != nil {
		l.fail(entryFile, "%v", err)
		return
	}
	data, err := os.ReadFile(proofFile)
	if err == nil {
		err = l.proves(string(data), entry)
	}
	if err != nil {
		l.fail(proofFile, "%v", err)
	}
}

func (l *log) proves(text string, entry []byte) error {
	split := strings.Index(text, "\n\n")
	if split < 0 {
		return errors.New("no empty line before the checkpoint")
	}
	lines := strings.Split(text[:split], "\n")
	if lines[0] != proofHeader {
		return fmt.Errorf("first line %q, expected %q", lines[0], proofHeader)
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return errors.New("no index line")
	}
	number := strings.TrimPrefix(lines[0], "index ")
	index, err := strconv.ParseInt(number, 10, 64)
	if err != nil || index < 0 || strconv.FormatInt(index, 10) != number {
		return fmt.Errorf("index %q is no canonical number", number)
	}
	var path tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize {
			return fmt.Errorf("%q is no SHA-256 in base64", line)
		}
		path = append(path, tlog.Hash{})
		copy(path[len(path)-1][:], hash)
	}
	c, err := openCheckpoint([]byte(text[split+2:]), l.verifier)
	if err != nil {
		return err
	}
	if err := l.consistent(c); err != nil {
		return err
	}
	if index >= c.size {
		return fmt.Errorf("index %d is outside a tree of %d", index, c.size)
	}
	return tlog.CheckRecord(path, c.size, c.root, index, tlog.RecordHash(entry))
}
