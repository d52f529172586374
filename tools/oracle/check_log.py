#!/usr/bin/env python3
"""Checks a Muragat journal with nothing but the Python standard library.

    check_log.py VKEYFILE TLOGDIR [--proof PROOFFILE ENTRYFILE]... [--older CHECKPOINTFILE]...

The same checks, output and exit codes as the Go program beside it (main.go), which tells them; for machines without Go.
Ed25519 after RFC 8032, trees after RFC 6962 §2.1, proofs checked after RFC 9162 §2.1.3.2 and §2.1.4.2, which is another
way than they are made. Not constant-time: for public data only.
"""
import base64
import binascii
import hashlib
import os
import re
import sys

USAGE = "usage: check_log.py VKEYFILE TLOGDIR [--proof PROOFFILE ENTRYFILE]... [--older CHECKPOINTFILE]..."
WIDTH = 256
SAMPLES_MAX = 1000
TILE_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class Bad(Exception):
    """A file does not hold what it must."""


# Ed25519 (RFC 8032 §5.1): points of -x² + y² = 1 + d x² y² as (X, Y, Z, T), x = X/Z, y = Y/Z, xy = T/Z.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
NEUTRAL = (0, 1, 1, 0)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * D * p[3] * q[3] % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(n, p):
    result = NEUTRAL
    while n:
        if n & 1:
            result = add(result, p)
        p, n = add(p, p), n >> 1
    return result


def encode_point(p):
    inverse = pow(p[2], -1, P)
    return ((p[1] * inverse % P) | (p[0] * inverse % P & 1) << 255).to_bytes(32, "little")


def decode_point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise Bad("public key is no point of the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def ed25519_verify(key, message, signature):
    """RFC 8032 §5.1.7, without the cofactor: encode([S]B - [k]A) must be R."""
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    x, y, z, t = decode_point(key)
    return encode_point(add(multiply(s, BASE), multiply(k, (P - x, y, z, P - t)))) == signature[:32]


def unbase64(text):
    """Canonical base64 only: a flipped unused bit at the end must be seen too."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Bad(f"{text!r} is no base64: {error}")
    if base64_of(data) != text:
        raise Bad(f"{text!r} is not canonical base64")
    return data


def base64_of(data):
    return base64.b64encode(data).decode()


def number(text):
    if not re.fullmatch(r"0|[1-9][0-9]{0,17}", text):
        raise Bad(f"{text!r} is no canonical number")
    return int(text)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise Bad("missing")
    except OSError as error:
        raise Bad(error.strerror)


def parse_vkey(text):
    """C2SP signed-note: name+keyid+base64(type ‖ key); the key id is the start of SHA-256(name ‖ LF ‖ type ‖ key)."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not parts[0] or re.search(r"\s", parts[0]):
        raise Bad("not a verifier key of the form name+id+base64")
    name, key = parts[0], unbase64(parts[2])
    key_id = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if len(key) != 33 or key[0] != 1 or key_id.hex() != parts[1]:
        raise Bad("not an Ed25519 verifier key, or its id does not match")
    return name, key_id, key[1:]


def check_cosignature(data, vkey_text):
    """C2SP tlog-cosignature v1, type 0x04: the witness of this key has a line on the note, and it verifies."""
    name, _, key = vkey_text.strip().split("+", 2)
    key = unbase64(key)
    if len(key) != 33 or key[0] != 4:
        raise Bad("not a verifier key of a witness")
    key_id = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    text, _, lines = data.decode("utf-8", "replace").rpartition("\n\n")
    found = False
    for line in lines.splitlines():
        match = re.fullmatch(r"— ([^\s+]+) ([^ ]+)", line)
        signature = unbase64(match[2]) if match else b""
        if match and match[1] == name and signature[:4] == key_id:
            message = f"cosignature/v1\ntime {int.from_bytes(signature[4:12], 'big')}\n{text}\n"
            if len(signature) != 76 or not ed25519_verify(key[1:], message.encode(), signature[12:]):
                raise Bad(f"invalid cosignature of {name}")
            found = True
    if not found:
        raise Bad(f"no cosignature of {name}")


def open_checkpoint(data, vkey):
    """Checks the note's signature; returns (size, root)."""
    name, key_id, key = vkey
    try:
        message = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("not UTF-8")
    split = message.rfind("\n\n")
    control = re.search(r"[\x00-\x09\x0b-\x1f]", message)
    if split < 0 or not message.endswith("\n") or len(message) == split + 2 or control:
        raise Bad("malformed note")
    text, signed = message[:split + 1], False
    for line in message[split + 2:-1].split("\n"):
        match = re.fullmatch(r"— ([^\s+]+) ([^ ]+)", line)
        signature = unbase64(match[2]) if match else b""
        if len(signature) < 5:
            raise Bad("malformed signature line")
        # Signatures by keys we do not know are passed over (C2SP signed-note); a bad one by a known key is not.
        if match[1] == name and signature[:4] == key_id:
            if not ed25519_verify(key, text.encode(), signature[4:]):
                raise Bad(f"invalid signature for key {name}+{key_id.hex()}")
            signed = True
    if not signed:
        raise Bad(f"no signature by {name}+{key_id.hex()}")
    lines = text.split("\n")
    if len(lines) != 4:
        raise Bad(f"text has {len(lines) - 1} lines, expected origin, size and root")
    if lines[0] != name:
        raise Bad(f"origin {lines[0]!r}, the key is named {name!r}")
    root = unbase64(lines[2])
    if len(root) != 32:
        raise Bad(f"root {lines[2]!r} is no SHA-256 in base64")
    return number(lines[1]), root


# The RFC 6962 tree. levels[k][i] is the root of the complete subtree over leaves i·2^k to (i+1)·2^k.
def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def build(leaves):
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return levels


def split_point(count):
    """The largest power of two below count."""
    return 1 << (count - 1).bit_length() - 1


def subtree(levels, low, high):
    count = high - low
    if count == 0:
        return hashlib.sha256(b"").digest()
    if count & (count - 1) == 0 and low % count == 0:
        return levels[count.bit_length() - 1][low // count]
    middle = low + split_point(count)
    return node(subtree(levels, low, middle), subtree(levels, middle, high))


def inclusion_path(levels, index, low, high):
    if high - low == 1:
        return []
    middle = low + split_point(high - low)
    if index < middle:
        return inclusion_path(levels, index, low, middle) + [subtree(levels, middle, high)]
    return inclusion_path(levels, index, middle, high) + [subtree(levels, low, middle)]


def consistency_path(levels, old, low, high, whole=True):
    if old == high:
        return [] if whole else [subtree(levels, low, high)]
    middle = low + split_point(high - low)
    if old <= middle:
        return consistency_path(levels, old, low, middle, whole) + [subtree(levels, middle, high)]
    return consistency_path(levels, old, middle, high, False) + [subtree(levels, low, middle)]


def included(path, index, size, leaf, root):
    """RFC 9162 §2.1.3.2."""
    if index >= size:
        return False
    f, s, result = index, size - 1, leaf
    for part in path:
        if s == 0:
            return False
        if f & 1 or f == s:
            result = node(part, result)
            while not f & 1 and f:
                f, s = f >> 1, s >> 1
        else:
            result = node(result, part)
        f, s = f >> 1, s >> 1
    return s == 0 and result == root


def grew(path, old, old_root, size, root):
    """RFC 9162 §2.1.4.2."""
    if old == size:
        return not path and old_root == root
    if not path and old & (old - 1):
        return False
    path = ([old_root] if old & (old - 1) == 0 else []) + path
    f, s = old - 1, size - 1
    while f & 1:
        f, s = f >> 1, s >> 1
    first = second = path[0]
    for part in path[1:]:
        if s == 0:
            return False
        if f & 1 or f == s:
            first, second = node(part, first), node(part, second)
            while not f & 1 and f:
                f, s = f >> 1, s >> 1
        else:
            second = node(second, part)
        f, s = f >> 1, s >> 1
    return s == 0 and first == old_root and second == root


def tile_name(level, n, width):
    groups = f"{n:0{(len(str(n)) + 2) // 3 * 3}d}"
    parts = [groups[i:i + 3] for i in range(0, len(groups), 3)]
    name = "/".join(["x" + part for part in parts[:-1]] + parts[-1:])
    return f"tile/{level}/{name}.p/{width}" if width < WIDTH else f"tile/{level}/{name}"


def tiles_of(level, count):
    for n in range((count + WIDTH - 1) // WIDTH):
        width = min(WIDTH, count - n * WIDTH)
        yield n, width, tile_name(level, n, width)


def bundle_leaves(data, count):
    """Splits a bundle (uint16 big-endian length, then that many bytes, for each entry) and hashes the entries."""
    leaves, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at:at + 2], "big")
        if at + 2 + size > len(data):
            raise Bad(f"entry {len(leaves)} of the bundle runs past the end")
        leaves.append(leaf_hash(data[at + 2:at + 2 + size]))
        at += 2 + size
    if len(leaves) != count:
        raise Bad(f"{len(leaves)} entries, expected {count}")
    return leaves


class Log:
    """One journal directory under check."""

    def __init__(self, vkey_file, directory):
        self.vkey_file, self.directory = vkey_file, directory
        self.failures, self.tiles, self.covered = 0, {}, set()

    def fail(self, file, reason):
        print(f"FAIL {file}: {reason}")
        self.failures += 1

    def attempt(self, file, step, *arguments):
        """Runs a step about one file; what is bad is printed with its name, and None returned."""
        try:
            return step(*arguments)
        except Bad as error:
            return self.fail(file, error)

    def read(self, file):
        self.covered.add(file)
        return read(os.path.join(self.directory, file))

    def hash_tiles(self):
        level = 0
        while self.size >> 8 * level:
            for n, width, file in tiles_of(level, self.size >> 8 * level):
                yield level, n, width, file
            level += 1

    def check(self, proofs, older):
        self.vkey = self.attempt(self.vkey_file, lambda: parse_vkey(read(self.vkey_file).decode("utf-8", "replace")))
        if self.vkey is None:
            return
        head = self.attempt("checkpoint", lambda: open_checkpoint(self.read("checkpoint"), self.vkey))
        if head is None:
            return
        self.size, self.root = head
        for level, n, width, file in self.hash_tiles():
            self.attempt(file, self.read_tile, level, n, width, file)
        bundles = [self.attempt(file, lambda: bundle_leaves(self.read(file), width))
                   for _, width, file in tiles_of("entries", self.size)]
        if None in bundles or not self.settle_root([leaf for bundle in bundles for leaf in bundle]):
            return
        for level, n, width, file in self.hash_tiles():
            if (level, n) in self.tiles:
                self.compare_tile(file, self.tiles[level, n], level, n, width)
        self.compare_other_files()
        if self.failures:
            return
        self.prove_everything()
        for file in older:
            self.attempt(file, lambda: self.consistent(*open_checkpoint(read(file), self.vkey)))
        for proof_file, entry_file in proofs:
            entry = self.attempt(entry_file, read, entry_file)
            if entry is not None:
                self.attempt(proof_file, lambda: self.check_proof(read(proof_file), entry))

    def read_tile(self, level, n, width, file):
        data = self.read(file)
        if len(data) != width * 32:
            raise Bad(f"{len(data)} bytes, expected {width} hashes of 32")
        self.tiles[level, n] = data

    def settle_root(self, leaves):
        """The signed root decides whether the bundles or the stored level 0 tiles are wrong."""
        self.levels = build(leaves)
        root = subtree(self.levels, 0, self.size)
        if root == self.root:
            return True
        stored = [self.tiles.get((0, n), b"") for n, _, _ in tiles_of(0, self.size)]
        different = [file for n, width, file in tiles_of("entries", self.size)
                     if stored[n] and stored[n] != b"".join(leaves[n * WIDTH:n * WIDTH + width])]
        if not different:
            self.fail("checkpoint", f"signed root {base64_of(self.root)}, the entries give {base64_of(root)}")
            return False
        joined = b"".join(stored)
        levels = build([joined[i:i + 32] for i in range(0, len(joined), 32)])
        trusted = all(stored) and subtree(levels, 0, self.size) == self.root
        for file in different:
            self.fail(file, "entries do not hash to the leaves under the signed root" if trusted
                      else f"does not match its level 0 tile, and neither gives the signed root {base64_of(self.root)}")
        self.levels = levels
        return trusted

    def compare_tile(self, file, found, level, n, width):
        expected = b"".join(self.levels[8 * level][n * WIDTH:n * WIDTH + width])
        if found != expected:
            at = next((i for i in range(width) if found[i * 32:i * 32 + 32] != expected[i * 32:i * 32 + 32]), width)
            self.fail(file, f"hash {at} is not the one recomputed from the entries")

    def compare_other_files(self):
        """Partial tiles of earlier sizes that are still there; what no checkpoint covers is named."""
        for folder, _, names in sorted(os.walk(os.path.join(self.directory, "tile"))):
            for name in sorted(names):
                file = os.path.relpath(os.path.join(folder, name), self.directory).replace(os.sep, "/")
                if file not in self.covered:
                    self.attempt(file, self.compare_other_file, file)

    def compare_other_file(self, file):
        match = TILE_PATH.fullmatch(file)
        if match:
            n, width = int(re.sub("[x/]", "", match[2])), int(match[3] or WIDTH)
        if not match or tile_name(match[1], n, width) != file:
            return print(f"note: {file} is no tile name", file=sys.stderr)
        level = 0 if match[1] == "entries" else int(match[1])
        if n * WIDTH + width > self.size >> 8 * level:
            return print(f"note: {file} is beyond the checkpoint, not checked", file=sys.stderr)
        if match[1] != "entries":
            self.compare_tile(file, self.read(file), level, n, width)
        elif bundle_leaves(self.read(file), width) != self.levels[0][n * WIDTH:n * WIDTH + width]:
            raise Bad("entries do not hash to their leaves")

    def prove_everything(self):
        size = self.size
        few = size <= SAMPLES_MAX
        for index in range(size) if few else (i * (size - 1) // (SAMPLES_MAX - 1) for i in range(SAMPLES_MAX)):
            path = inclusion_path(self.levels, index, 0, size)
            if not included(path, index, size, self.levels[0][index], self.root):
                return self.fail("checkpoint", f"no inclusion proof for entry {index}")
        for old in (1, 2, 3, 255, 256, 257, 65535, 65536, 65537, size // 3, size // 2, size - 1, size):
            if 1 <= old <= size:
                self.attempt("checkpoint", self.consistent, old, subtree(self.levels, 0, old))

    def consistent(self, old, old_root):
        """Whether the journal only grew since the old checkpoint was signed."""
        if old > self.size:
            raise Bad(f"size {old}, the journal has only {self.size}")
        had = subtree(self.levels, 0, old)
        if old_root != had:
            raise Bad(f"root {base64_of(old_root)}, the journal had {base64_of(had)} at size {old}")
        if old and not grew(consistency_path(self.levels, old, 0, self.size), old, old_root, self.size, self.root):
            raise Bad(f"no consistency proof from size {old}")

    def check_proof(self, data, entry):
        """A C2SP tlog-proof of one entry, whose checkpoint belongs to this journal."""
        head, gap, checkpoint = data.partition(b"\n\n")
        lines = head.decode("utf-8", "replace").split("\n")
        if not gap or lines.pop(0) != "c2sp.org/tlog-proof@v1":
            raise Bad("no tlog-proof header, or no empty line before the checkpoint")
        if lines and lines[0].startswith("extra "):
            lines.pop(0)
        if not lines or not lines[0].startswith("index "):
            raise Bad("no index line")
        index, path = number(lines[0][6:]), [unbase64(line) for line in lines[1:]]
        size, root = open_checkpoint(checkpoint, self.vkey)
        self.consistent(size, root)
        if any(len(part) != 32 for part in path) or not included(path, index, size, leaf_hash(entry), root):
            raise Bad(f"does not prove the entry at index {index} of {size}")


def main(arguments):
    plain, proofs, older, cosigned = [], [], [], []
    while arguments:
        first = arguments.pop(0)
        if first == "--proof" and len(arguments) >= 2:
            proofs.append((arguments.pop(0), arguments.pop(0)))
        elif first == "--older" and arguments:
            older.append(arguments.pop(0))
        elif first == "--cosigned" and len(arguments) >= 2:
            cosigned.append((arguments.pop(0), arguments.pop(0)))
        elif first.startswith("-"):
            plain = []
            break
        else:
            plain.append(first)
    if len(plain) != 2:
        print(USAGE, file=sys.stderr)
        return 2
    log = Log(*plain)
    log.check(proofs, older + [note for _, note in cosigned])
    for vkey, note in cosigned:
        log.attempt(note, lambda: check_cosignature(read(note), read(vkey).decode()))
    if log.failures:
        return 1
    print(f"ok size={log.size} tiles={len(log.tiles)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
