#!/usr/bin/env python3
"""A reader of Muragat archives, format 1: takes records out of the files and checks them, without the program itself.

It was written from docs/format.md alone; numbers like §2.5 below are sections of that page. It never writes into the
archive. It takes the log's verifier key from muragat.toml; whoever has kept that key elsewhere should compare the two.

    muragat_reader.py ARCHIVE [--keys DIR] list              record id, registration number, title; or "erased"
    muragat_reader.py ARCHIVE [--keys DIR] get RECORD OUT    check one record, write its components into OUT
    muragat_reader.py ARCHIVE [--keys DIR] verify            check everything

The card that `list` shows is the newest. `get` writes the components of all parts of the record, and beside an attached
CMS the document that it carries.
Ends 0 when all is well; 1 with "damaged: FILE: what" on stderr, or with "erased: RECORD: why" when the key is gone.
Needs Python 3.11 with `cryptography` and `zstandard` from PyPI. `blake3` is used when it is there, and is faster.
"""
import argparse
import base64
import hashlib
import json
import mmap
import os
import re
import struct
import sys
import tomllib
from collections import namedtuple
from datetime import datetime, timedelta, timezone
from pathlib import Path

import zstandard
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK = 262144


class Damaged(Exception):
    """Something is not as the page says. The text begins with the name of the file."""


class Erased(Exception):
    """The key is gone, and what was sealed under it. §3.7"""


def need(ok, where, what):
    if not ok:
        raise Damaged(f"{where}: {what}")


def sha256(data):
    return hashlib.sha256(data).digest()


# ---------------------------------------------------------------------------------------------------------------------
# BLAKE3, unkeyed, 32 bytes of output. Many blocks are worked on at once: word w of all blocks together is one big
# integer, with 64 bits ("lane") for each block, of which the lower 32 are used.

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
MIXES = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
         (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8


def lanes_of(data, offset, stride):
    """The u32 at `offset` of every `stride` bytes of data, one in each lane."""
    lanes = bytearray(len(data) // stride * 8)
    for k in range(4):
        lanes[k::8] = data[offset + k::stride]
    return int.from_bytes(lanes, "little")


def compress(cv, words, low, high, length, flags, ones):
    """The compression of BLAKE3 in all lanes at once. `ones` has the number 1 in each lane."""
    mask = ones * 0xFFFFFFFF
    v = [*cv, *(ones * IV[i] for i in range(4)), low, high, length, flags]
    for _ in range(7):
        for i, (a, b, c, d) in enumerate(MIXES):
            for word, right_d, right_b in ((words[2 * i], 16, 12), (words[2 * i + 1], 8, 7)):
                v[a] = (v[a] + v[b] + word) & mask
                x = v[d] ^ v[a]
                v[d] = (x >> right_d | x << 32 - right_d) & mask
                v[c] = (v[c] + v[d]) & mask
                x = v[b] ^ v[c]
                v[b] = (x >> right_b | x << 32 - right_b) & mask
        words = [words[p] for p in PERMUTATION]
    return [v[i] ^ v[i + 8] for i in range(8)]


def hash_each(data, stride, counters, begin, end):
    """Hashes every `stride` bytes of data (a chunk, or the two values under a parent), and gives 32 bytes for each.
    `begin` and `end` are the flags of the first and of the last block in each."""
    count = len(counters)
    ones = int.from_bytes(b"\1\0\0\0\0\0\0\0" * count, "little")
    counter = int.from_bytes(struct.pack(f"<{count}Q", *counters), "little")
    low, high = counter & ones * 0xFFFFFFFF, counter >> 32 & ones * 0xFFFFFFFF
    cv = [ones * word for word in IV]
    for at in range(0, max(1, stride), 64):
        length = min(64, stride - at)
        if length == 64:
            words = [lanes_of(data, at + 4 * w, stride) for w in range(16)]
        else:  # only the last block of one single chunk is short
            words = struct.unpack("<16I", data[at:].ljust(64, b"\0"))
        flags = (begin if at == 0 else 0) | (end if at + 64 >= stride else 0)
        cv = compress(cv, words, low, high, ones * length, ones * flags, ones)
    out = bytearray(32 * count)
    for w in range(8):
        lanes = cv[w].to_bytes(8 * count, "little")
        for k in range(4):
            out[4 * w + k::32] = lanes[k::8]
    return bytes(out)


def blake3(data):
    before = max(0, len(data) - 1) // 1024  # chunks before the last one
    last, end = data[1024 * before:], CHUNK_END | (0 if before else ROOT)
    values = hash_each(data[:1024 * before], 1024, range(before), CHUNK_START, CHUNK_END) if before else b""
    values += hash_each(last, len(last), [before], CHUNK_START, end)
    while len(values) > 32:  # pairs from the left; a value without a partner goes up as it is
        pairs = len(values) // 64
        root = ROOT if len(values) == 64 else 0
        values = hash_each(values[:64 * pairs], 64, [0] * pairs, PARENT, root) + values[64 * pairs:]
    return values


try:
    import blake3 as _blake3_package

    def blake3(data):  # noqa: F811
        return _blake3_package.blake3(data).digest()
except ImportError:
    pass


# ---------------------------------------------------------------------------------------------------------------------
# Small things: XChaCha20-Poly1305 (§3.2), canonical JSON (§1.4), Merkle trees (§4.1)


def hchacha20(key, block):
    v = list(struct.unpack("<16I", bytes.fromhex("657870616e642033322d62797465206b") + key + block))

    def left(x, n):
        return (x << n | x >> 32 - n) & 0xFFFFFFFF

    for _ in range(10):
        for a, b, c, d in MIXES:  # the columns and diagonals are those of BLAKE3
            for right_d, right_b in ((16, 12), (8, 7)):
                v[a] = (v[a] + v[b]) & 0xFFFFFFFF
                v[d] = left(v[d] ^ v[a], right_d)
                v[c] = (v[c] + v[d]) & 0xFFFFFFFF
                v[b] = left(v[b] ^ v[c], right_b)
    return struct.pack("<8I", *v[:4], *v[12:])


def unseal(key, sealed, clear, where):
    """Opens nonce ‖ ciphertext ‖ tag of XChaCha20-Poly1305 with `clear` as additional data."""
    need(len(sealed) >= 40, where, "too short")
    try:
        subkey = hchacha20(key, sealed[:16])
        return ChaCha20Poly1305(subkey).decrypt(bytes(4) + sealed[16:24], sealed[24:], clear)
    except InvalidTag:
        raise Damaged(f"{where}: cannot be opened with its key") from None


def write_canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def allowed(value):
    """Only the kinds of values of §1.4: no null, no fraction, no integer beyond 2^53 - 1."""
    if isinstance(value, dict):
        return all(map(allowed, value.values()))
    if isinstance(value, list):
        return all(map(allowed, value))
    return isinstance(value, (bool, str)) or isinstance(value, int) and abs(value) < 2**53


def read_canonical(data, where):
    try:
        value = json.loads(data.decode())
        same = write_canonical(value) == data
    except (ValueError, RecursionError):
        raise Damaged(f"{where}: no JSON") from None
    need(same and isinstance(value, dict) and allowed(value), where, "no canonical JSON object")
    return value


class Ber:
    """The elements of BER (X.690 §8.1), as far as a SignedData needs it: tags of one byte, any form of length."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def head(self):
        """Tag and length of the next element; its length is None when it is indefinite."""
        tag, length = self.data[self.at], self.data[self.at + 1]
        self.at += 2
        if length > 0x80:
            count = length - 0x80
            length = int.from_bytes(self.data[self.at:self.at + count], "big")
            self.at += count
        elif length == 0x80:
            length = None
        return tag, length

    def enter(self, wanted):
        tag, _ = self.head()
        if tag != wanted:
            raise ValueError(f"element {tag:#x} where {wanted:#x} must be")

    def skip(self, wanted):
        """Steps over a primitive element, or over a SET of a few."""
        tag, length = self.head()
        if tag != wanted:
            raise ValueError(f"element {tag:#x} where {wanted:#x} must be")
        if length is None:
            while not self.ends():
                self.skip(self.data[self.at])
        else:
            self.at += length

    def ends(self):
        """Whether an indefinite length ends here; steps over its mark."""
        if self.data[self.at:self.at + 2] == b"\0\0":
            self.at += 2
            return True
        return False

    def octets(self):
        """The bytes of an OCTET STRING, whose pieces may be in pieces."""
        tag, length = self.head()
        if tag == 0x04:
            self.at += length
            return self.data[self.at - length:self.at]
        if tag != 0x24:
            raise ValueError("no OCTET STRING")
        end, pieces = None if length is None else self.at + length, []
        while self.at != end if length is not None else not self.ends():
            pieces.append(self.octets())
        return b"".join(pieces)


def content_of_cms(data, where):
    """The document inside an attached CMS. §5.2"""
    try:
        if data[:1] != b"0":  # base64, or PEM, which is base64 between two lines
            text = data.removeprefix(b"\xef\xbb\xbf").strip()
            if text.startswith(b"-----"):
                text = text.split(b"-----")[2]
            data = base64.b64decode(b"".join(text.split()), validate=True)
        ber = Ber(data)
        # ContentInfo, contentType, [0], SignedData, version, digestAlgorithms, encapContentInfo, eContentType, [0]
        ber.enter(0x30)
        ber.skip(0x06)
        ber.enter(0xA0)
        ber.enter(0x30)
        ber.skip(0x02)
        ber.skip(0x31)
        ber.enter(0x30)
        ber.skip(0x06)
        ber.enter(0xA0)
        return ber.octets()
    except (ValueError, IndexError, RecursionError) as error:
        raise Damaged(f"{where}: no attached CMS: {error}") from None


def merkle_root(hashes):
    if not hashes:
        return sha256(b"")
    while len(hashes) > 1:  # pairs from the left; a hash without a partner goes up as it is
        up = [sha256(b"\1" + hashes[i] + hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = up + hashes[2 * len(up):]
    return hashes[0]


# ---------------------------------------------------------------------------------------------------------------------
# The archive folder: configuration, keys, lock record, log

Head = namedtuple("Head", "batch batch_id size root t segment segment_len sealed epoch root_no root_digest "
                          "journal_len journal_digest")  # §4.5
HEAD = "<Q16sQ32sQIQIIQ32sQ32s"
Bundle = namedtuple("Bundle", "staging offset length before head entries note digest")  # §4.4
Lock = namedtuple("Lock", "head staging offset length digest")  # §4.5

ACTS = {  # §4.3: the fields that an act has besides act, actor, id, t, v; `prev` follows from the chains
    "archive.created": "rec key doc obj", "register.created": "rec key doc obj",
    "account.added": "rec doc obj", "agency.added": "rec doc obj",
    **dict.fromkeys(("account.opened", "account.changed", "account.closed", "token.issued", "token.revoked",
                     "certificate.bound", "reading.permitted", "reading.ended"), "rec doc obj"),
    "record.accepted": "rec key g256 g512 obj", "submission.refused": "rec doc obj",
    "archive.test": "rec", "spill.approved": "rec doc obj",
    "record.amended": "rec g256 g512 obj", "record.spilled": "rec", "classifier.adopted": "rec doc obj",
    "policy.adopted": "rec doc obj", "authority.adopted": "rec doc obj", "material.added": "rec doc obj",
    "calendar.adopted": "rec doc obj",
    "import.adopted": "rec doc obj", "import.begun": "rec doc obj", "import.ended": "rec doc obj",
    "answer-key.added": "rec doc obj", "submission.waiting": "rec key doc obj", "waiting.ended": "rec",
    "notice.issued": "rec doc obj",
    "nomenclature.adopted": "rec doc obj", "rules.adopted": "rec doc obj", "file.opened": "rec key doc obj",
    "form.adopted": "rec doc obj", "witnesses.adopted": "rec doc obj",
    "file.closed": "rec doc obj", "file.reopened": "rec doc obj", "file.reclassified": "rec doc obj",
    "event.recorded": "rec doc obj", "record.filed": "rec of", "hold.placed": "rec key doc obj",
    "fonds.opened": "rec key doc obj", "fonds.succeeded": "rec doc obj", "inventory.opened": "rec key doc obj",
    "inventory.entered": "rec doc obj", "file.inventoried": "rec of", "inventory.approved": "rec doc obj",
    "paper.noted": "rec doc obj", "paper.moved": "rec doc obj",
    "inquiry.opened": "rec key doc obj", "inquiry.searched": "rec doc obj", "inquiry.taken": "rec doc obj",
    "inquiry.answered": "rec doc obj", "inquiry.bundled": "rec doc obj",
    "inquiry.closed": "rec doc obj",
    "copy.certified": "rec doc obj",
    "hold.covers": "rec of", "hold.lifted": "rec doc obj", "hold.uncovers": "rec of",
    "presence.begun": "rec key doc obj", "presence.checked": "rec doc obj", "presence.ended": "rec doc obj",
    "record.missing": "rec of", "record.found": "rec of",
    "party.adopted": "rec doc obj", "transfer.selected": "rec key doc obj", "transfer.listed": "rec doc obj",
    "transfer.approved": "rec doc obj", "transfer.cancelled": "rec doc obj",
    "transfer.sealed": "rec doc obj", "record.packed": "rec of", "transfer.sent": "rec doc obj",
    "transfer.delivered": "rec doc obj", "transfer.replied": "rec doc obj", "transfer.agreed": "rec doc obj",
    "transfer.released": "rec doc obj", "record.released": "rec of", "file.released": "rec of",
    "transfer.closed": "rec doc obj",
    "accession.received": "rec key doc obj", "accession.checked": "rec doc obj",
    "accession.replied": "rec doc obj", "accession.agreed": "rec doc obj",
    "plan.drafted": "rec key doc obj", "plan.proposed": "rec doc obj", "plan.reviewed": "rec doc obj",
    "plan.approved": "rec doc obj", "plan.cancelled": "rec doc obj", "file.ruled": "rec of doc obj",
    "file.shortened": "rec doc obj",
    "destroy.authorised": "rec doc obj", "destroy.executed": "rec doc obj", "destroy.completed": "rec doc obj",
    "file.destroyed": "rec of", "record.destroyed": "rec of", "hold.destroyed": "rec of",
    "decommission.approved": "rec doc obj", "archive.decommissioned": "rec doc obj",
    "remainder.destroyed": "rec of", "decommission.completed": "rec doc obj",
    "log.succeeded": "rec doc obj log", "holds.confirmed": "rec doc obj",
    "heads.mapped": "heads", "evidence.stamped": "rec doc obj", "evidence.renewed": "rec doc obj",
    "record.read": "rec", "record.bundled": "rec of doc obj", "segment.sealed": "segment", "segment.compacted": "segment", "vault.folded": "epoch",
    "vault.rolled": "epoch",
}
INGEST_KEYS = set("content_bytes_max formats encrypted_attachments macros active_content embedded_files unknown_formats "
                  "archive_parts secrecy_marks official_use signatures waiting_max waiting_bytes_max".split())  # §6.1
REGISTERS = {  # §4.3: acts about a register, by the entry that created it
    **dict.fromkeys(("account.opened", "account.changed", "account.closed", "token.issued", "token.revoked",
                     "certificate.bound", "reading.permitted", "reading.ended"), 0),
    "archive.test": 0, "account.added": 0, "agency.added": 0, "spill.approved": 0, "classifier.adopted": 0, "policy.adopted": 0, "authority.adopted": 0,
    "import.adopted": 0, "import.begun": 0, "import.ended": 0,
    "decommission.approved": 0, "archive.decommissioned": 0, "decommission.completed": 0,
    "nomenclature.adopted": 0, "rules.adopted": 0, "form.adopted": 0, "witnesses.adopted": 0, "party.adopted": 0,
    "log.succeeded": 0, "holds.confirmed": 0,
    "evidence.stamped": 0, "evidence.renewed": 0, "calendar.adopted": 0, "material.added": 0, "answer-key.added": 0, "submission.refused": 1, "notice.issued": 1,
}
HEX_FIELDS = {"actor": 16, "doc": 64, "g256": 64, "g512": 128, "id": 32, "obj": 64, "of": 32, "rec": 32}
MOVED = {"doc", "obj"}  # §4.3: what a record.filed has besides, when the record was in another file
# §4.3: acts about a file (іс), a fonds, an inventory, a hold, a plan or a presence check, and those that name one in `of`
ABOUT = {"file.closed": "file", "file.reopened": "file", "file.reclassified": "file", "event.recorded": "file",
         "hold.lifted": "hold", "fonds.succeeded": "fonds", "inventory.entered": "inventory",
         "inventory.approved": "inventory", "file.inventoried": "file", "presence.checked": "presence",
         "presence.ended": "presence", "file.shortened": "file", "inquiry.searched": "inquiry",
         "inquiry.taken": "inquiry", "inquiry.answered": "inquiry", "inquiry.bundled": "inquiry",
         "inquiry.closed": "inquiry",
         **dict.fromkeys(("transfer.listed", "transfer.approved", "transfer.cancelled", "transfer.sealed",
                          "transfer.sent", "transfer.delivered", "transfer.replied", "transfer.agreed",
                          "transfer.released", "transfer.closed"), "transfer"),
         **dict.fromkeys(("accession.checked", "accession.replied", "accession.agreed"), "accession"),
         "file.released": "file",
         "file.ruled": "file", "file.destroyed": "file", "hold.destroyed": "hold",
         "plan.proposed": "plan", "plan.reviewed": "plan", "plan.approved": "plan", "plan.cancelled": "plan",
         "destroy.authorised": "plan", "destroy.executed": "plan", "destroy.completed": "plan"}
NAMES = {"record.filed": "file", "hold.covers": "hold", "hold.uncovers": "hold", "file.inventoried": "inventory",
         "record.missing": "presence", "record.found": "presence", "file.ruled": "plan",
         "file.reclassified": "plan", "file.destroyed": "plan", "record.destroyed": "plan",
         "record.packed": "transfer", "record.released": "transfer", "file.released": "transfer",
         "remainder.destroyed": "register", "record.read": "inquiry", "record.bundled": "inquiry"}
MAKES = {"file.opened": "file", "hold.placed": "hold", "plan.drafted": "plan", "fonds.opened": "fonds",
         "inventory.opened": "inventory", "inquiry.opened": "inquiry", "presence.begun": "presence",
         "transfer.selected": "transfer", "accession.received": "accession",
         "archive.created": "register"}
# §4.3: acts by a plan or a transfer that follow the one that executes it, in its batch
FOLLOWS = {"record.destroyed": "destroy.executed", "file.destroyed": "destroy.executed",
           "record.released": "transfer.released", "file.released": "transfer.released"}
EXECUTES = {"plan": "destroy.executed", "transfer": "transfer.released"}  # §4.3: of a hold.destroyed, by what `of` is
ERASES = {  # §3.8: acts that erase the key of their `rec`, and what that says
    "record.spilled": "spilled", "waiting.ended": "does not wait any more", "record.destroyed": "destroyed",
    "file.destroyed": "destroyed", "hold.destroyed": "destroyed",
    "record.released": "handed over", "file.released": "handed over",
    "remainder.destroyed": "went with the archive",
}
# §6.3: what may stand behind the end of the archive
BEHIND_END = {"remainder.destroyed", "vault.rolled", "vault.folded", "segment.sealed", "segment.compacted",
              "decommission.completed"}
STEPS = {  # §6.3: acts of a plan, a transfer or an accession that may come only after another one
    "destroy.authorised": "plan.approved", "destroy.executed": "destroy.authorised",
    "destroy.completed": "destroy.executed",
    "transfer.approved": "transfer.listed", "transfer.sealed": "transfer.approved", "transfer.sent": "transfer.sealed",
    "transfer.delivered": "transfer.sealed", "transfer.replied": "transfer.delivered",
    "transfer.agreed": "transfer.replied", "transfer.released": "transfer.agreed", "transfer.closed": "transfer.agreed",
    "accession.replied": "accession.checked", "accession.agreed": "accession.replied",
}


def is_hex(text, digits):
    return isinstance(text, str) and re.fullmatch(f"[0-9a-f]{{{digits}}}", text) is not None


class Archive:
    def __init__(self, folder, keys=None):
        self.folder = Path(os.path.abspath(folder))
        try:
            config = tomllib.loads(self.file("muragat.toml").decode())
        except ValueError as error:
            raise Damaged(f"muragat.toml: {error}") from None
        need(config.get("format") == 1, "muragat.toml", f"format {config.get('format')} is not known here, only 1")
        known = {"format", "archive_id", "vkey", "keys_folder", "means", "archive", "index", "ingest", "material",
                 "disposal", "retention", "evidence", "witness", "inquiry", "paper_copy", "oidc"}
        known_below = {"archive": {"name", "agency", "bin"}, "index": {"engine"}, "ingest": INGEST_KEYS,
                       "material": {"fetch"}, "disposal": {"reviews", "approvals", "cooling_days", "minutes", "inventories"},
                       "retention": {"paper_original_over_years"}, "evidence": {"authorities"},
                       "witness": {"allow"}, "inquiry": {"readings"}, "paper_copy": {"stamp_prefix"},
                       "oidc": {"issuer", "client_id", "client_secret_file", "redirect", "claim", "acr", "scopes",
                                "roots_file"}}
        need(set(config) <= known and all(set(config.get(table, {})) <= names for table, names in known_below.items()),
             "muragat.toml", "an unknown key")
        need(is_hex(config.get("archive_id"), 32), "muragat.toml", "no archive_id")
        self.id = bytes.fromhex(config["archive_id"])
        self.read_vkey(config.get("vkey", ""))
        beside = self.folder.with_name(self.folder.name + ".keys")
        self.keys = Path(keys) if keys else self.folder / config.get("keys_folder", beside)
        self.lock_damage = None
        self.lock = self.read_lock()
        self.head = self.lock.head
        self.read_log()
        self.check_entries()
        self.vault = Vault(self)

    def file(self, name):
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise Damaged(f"{name}: {error.strerror}") from None

    def key_file(self, name):  # §3.1
        try:
            text = (self.keys / name).read_bytes()
        except OSError as error:
            raise Damaged(f"{self.keys / name}: {error.strerror}") from None
        head = f"muragat-key/1\narchive {self.id.hex()}\nname {name}\nkey ".encode()
        try:
            key = base64.b64decode(text.removeprefix(head).removesuffix(b"\n"), validate=True)
        except ValueError:
            key = b""
        need(len(key) == 32 and text == head + base64.b64encode(key) + b"\n", self.keys / name,
             "no key of this name and archive")
        return key

    def read_vkey(self, vkey):  # §4.2
        self.vkey = vkey
        try:
            self.origin, key_id, key = vkey.split("+", 2)
            key = base64.b64decode(key, validate=True)
        except ValueError:
            raise Damaged("muragat.toml: vkey cannot be read") from None
        self.key_id = sha256(self.origin.encode() + b"\n" + key)[:4]
        need(len(key) == 33 and key[0] == 1 and key_id == self.key_id.hex(), "muragat.toml", "vkey is wrong")
        self.log_key = Ed25519PublicKey.from_public_bytes(key[1:])

    def read_note(self, note, where):
        """Size and root of a signed checkpoint, after its signature was checked. §4.2"""
        text, _, signatures = note.partition(b"\n\n")
        text += b"\n"
        match = re.fullmatch(rb"([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/]{43}=)\n", text)
        need(match and match[1] == self.origin.encode(), where, "no checkpoint of this log")
        need(signatures.endswith(b"\n"), where, "cut short")
        signed = False
        for line in signatures.split(b"\n")[:-1]:
            try:
                dash, name, signature = line.decode().split(" ")
                signature = base64.b64decode(signature, validate=True)
            except ValueError:
                raise Damaged(f"{where}: a signature line cannot be read") from None
            need(dash == "\u2014", where, "a signature line cannot be read")
            if name != self.origin or signature[:4] != self.key_id:
                continue
            try:
                self.log_key.verify(signature[4:], text)
                signed = True
            except InvalidSignature:
                raise Damaged(f"{where}: the signature is wrong") from None
        need(signed, where, "not signed by the log's key")
        return int(match[2]), base64.b64decode(match[3])

    def read_slot(self, slot, number):
        """Sequence and lock record of a slot (None before the first); None when the slot is not whole. §4.5"""
        magic, sequence, length = struct.unpack_from("<8sQI", slot)
        if slot[4064:] != blake3(slot[:4064]) or magic != b"MRGSLOT1" or sequence % 2 != number:
            return None
        need(length == (248 if sequence else 0), "tlog/lock", "a slot has a wrong length")
        if sequence == 0:
            return 0, None
        value = slot[20:268]
        need(value[:8] == b"MRGLOCK1" and value[8:24] == self.id, "tlog/lock", "no lock record of this archive")
        return sequence, Lock(Head(*struct.unpack_from(HEAD, value, 24)), *struct.unpack_from("<QQI32s", value, 196))

    def read_lock(self):
        data = self.file("tlog/lock")
        need(len(data) == 8192, "tlog/lock", "not 8192 bytes long")
        slots = [self.read_slot(data[:4096], 0), self.read_slot(data[4096:], 1)]
        if all(slots):
            return max(slots, key=lambda slot: slot[0])[1]
        whole = slots[0] or slots[1]
        need(whole and whole[1], "tlog/lock", "no slot is whole")
        self.lock_damage = "tlog/lock: one slot is damaged; the other one and the bundles replace it"
        return self.look_behind(whole[1])

    def look_behind(self, lock):
        """The newest lock record when one slot is damaged and the other one says `lock`. §4.5"""
        end, next_file = lock.offset + lock.length, self.staging_name(lock.staging + 1)
        more = len(self.file(self.staging_name(lock.staging))) > end
        there = more or (self.folder / next_file).exists()
        if not there:
            return lock
        bundle = self.read_bundle(*((lock.staging, end) if more else (lock.staging + 1, 0)))
        head = bundle.head
        need(bundle.before == lock.head.size and head.batch == lock.head.batch + 1
             and self.length(self.segment_name(head.segment)) >= head.segment_len
             and self.length(self.journal_name(head.root_no)) >= head.journal_len,
             "tlog/lock", "one slot is damaged and an acknowledged batch may be lost")
        return Lock(head, bundle.staging, bundle.offset, bundle.length, bundle.digest)

    def length(self, name):
        try:
            return (self.folder / name).stat().st_size
        except OSError:
            return 0

    @staticmethod
    def staging_name(number):
        return f"tlog/staged-{number:08d}"

    @staticmethod
    def segment_name(number):
        return f"store/{number:08d}.seg"

    @staticmethod
    def journal_name(number):
        return f"vault/journal-{number:08d}"

    def read_bundle(self, staging, offset):  # §4.4
        name = self.staging_name(staging)
        where = f"{name}: bundle at {offset}"
        data = self.file(name)[offset:]
        need(len(data) >= 248, where, "cut short")
        magic, archive, length, count, before = struct.unpack_from("<8s16sIIQ", data)
        need(magic == b"MRGBNDL1" and archive == self.id, where, "no bundle of this archive")
        need(248 <= length <= len(data), where, "cut short")
        data, digest = data[:length - 32], data[length - 32:length]
        need(sha256(data) == digest, where, "the digest is wrong")
        head = Head(*struct.unpack_from(HEAD, data, 40))
        entries, at = split_entries(data, 212, count, where)
        note = data[at + 4:]
        need(data[at:at + 4] == struct.pack("<I", len(note)), where, "wrong length of the checkpoint")
        need(head.size == before + count, where, "wrong size of the log")
        return Bundle(staging, offset, length, before, head, entries, note, digest)

    def read_log(self):
        """All committed entries, from the tiles and the staging files. §4.1, §4.4"""
        head, lock = self.head, self.lock
        size, root = self.read_note(self.file("tlog/checkpoint"), "tlog/checkpoint")
        need(size <= head.size, "tlog/checkpoint", "is newer than the lock record")
        self.published = size
        self.entries = []
        for tile in range((size + 255) // 256):
            count = min(256, size - 256 * tile)
            name, data = self.tile("entries", tile, count)
            self.entries += split_entries(data, 0, count, name)[0]
        need(merkle_root([sha256(b"\0" + entry) for entry in self.entries]) == root, "tlog/tile/entries",
             "the entries do not give the root of tlog/checkpoint")
        staged = sorted(int(path.name[7:]) for path in (self.folder / "tlog").glob("staged-*")
                        if re.fullmatch("staged-[0-9]{8,}", path.name))
        bundle = None
        for number in staged:
            if number > lock.staging:
                break
            here = number == lock.staging
            end, at = lock.offset + lock.length if here else self.length(self.staging_name(number)), 0
            while at < end:
                bundle = self.read_bundle(number, at)
                if bundle.before == len(self.entries) < head.size:
                    self.entries += bundle.entries
                at += bundle.length
        name = self.staging_name(lock.staging)
        need(bundle and bundle[:3] == (lock.staging, lock.offset, lock.length) and bundle.digest == lock.digest
             and bundle.head == head, name, "has not the bundle that tlog/lock names")
        need(len(self.entries) == head.size, name, "entries are missing")
        self.leaves = [sha256(b"\0" + entry) for entry in self.entries]
        need(merkle_root(self.leaves) == head.root, "tlog/lock", "the entries do not give its root")
        # The checkpoint in the bundle signs the entries that are not published yet.
        need(self.read_note(bundle.note, name) == (head.size, head.root), name, "the last checkpoint is wrong")

    def tile(self, level, number, width):
        """Name and bytes of a tile. A partial tile may have become a full one, of which it is the beginning."""
        groups = f"{number:03d}"
        while len(groups) % 3:
            groups = "0" + groups
        groups = re.findall("...", groups)
        name = f"tlog/tile/{level}/" + "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
        if width < 256 and not (self.folder / name).is_file():
            name += f".p/{width}"
        return name, self.file(name)

    def check_tiles(self):
        """The hash tiles against the entries, and older partial tiles as beginnings of the newest. §4.1"""
        level, hashes, tiles = 0, self.leaves[:self.published], {}
        for number in range((self.published + 255) // 256):
            entries = self.entries[256 * number:min(256 * number + 256, self.published)]
            name, data = self.tile("entries", number, len(entries))
            want = [len(entry).to_bytes(2, "big") + entry for entry in entries]
            need(data.startswith(b"".join(want)), name, "does not fit the entries")
            tiles[re.sub(r"\.p/\d+$", "", name)] = want
        while hashes:
            for number in range((len(hashes) + 255) // 256):
                want = hashes[256 * number:256 * number + 256]
                name, data = self.tile(level, number, len(want))
                need(data[:32 * len(want)] == b"".join(want), name, "does not fit the entries")
                tiles[re.sub(r"\.p/\d+$", "", name)] = want
            full = len(hashes) // 256 * 256
            level, hashes = level + 1, [merkle_root(hashes[i:i + 256]) for i in range(0, full, 256)]
        for path in (self.folder / "tlog" / "tile").rglob("*.p/*"):
            name = path.relative_to(self.folder).as_posix()
            tile, _, width = name.rpartition(".p/")
            want = tiles.get(tile, [])[:int(width)] if width.isdecimal() else []
            need(width.endswith(".tmp") or want and self.file(name) == b"".join(want), name,
                 "is no beginning of its tile")

    def check_entries(self):  # §4.3
        chains, self.chain_counts = {}, {}  # by owner and whether it is the reading chain: the newest entry, how many
        ids, keys, t, epoch, erasing = set(), set(), 0, 1, False
        self.acts, self.accepted, self.amended, self.waiting, self.sealed, self.key_slots = [], {}, {}, {}, {}, {}
        self.made = {"file": set(), "hold": set(), "fonds": set(), "inventory": set(), "inquiry": set(), "transfer": set(),
                     "accession": set(), "presence": set(), "plan": set(), "register": set()}  # their ids
        listed = set()  # files that stand in an inventory
        filed, covered = {}, set()  # the file that a record is in; what a hold keeps: (hold, record or file)
        searched = set()  # records in search
        self.gone = {}  # by id of an owner: how its key went
        steps, executing = set(), None  # acts of plans so far: (plan, act); the plan that the entry before executes
        self.compacted = set()  # numbers of compacted segments
        self.gone_before = set()  # those of `gone` from before the newest compaction: their frames may be missing
        self.rolled = -1  # the newest roll
        self.vkeys = []  # keys of the log, once it went on under another one
        ended, complete = None, False  # the end of the archive
        for index, text in enumerate(self.entries):
            where = f"tlog: entry {index}"
            entry = read_canonical(text, where)
            act, rec = entry.get("act"), entry.get("rec")
            need(act in ACTS, where, "unknown act")
            fields = {"act", "actor", "id", "t", "v", *ACTS[act].split()}
            if act == "record.filed" and filed.get(rec) is not None:
                fields |= MOVED
            if act in ("file.reclassified", "record.read") and "of" in entry:
                fields.add("of")  # a review said so, or it was read under an inquiry
            if act == "record.read" and "doc" in entry:
                fields |= MOVED  # who read it, what for and by which rule; not in the oldest entries
            chain = (rec, act in ("record.read", "record.bundled"))
            need(set(entry) == fields | ({"prev"} if rec and chain in chains else set()), where, "wrong fields")
            need(all(is_hex(entry[field], digits) for field, digits in HEX_FIELDS.items() if field in entry),
                 where, "a field is no hex of its length")
            need(entry["v"] == 1 and type(entry["t"]) is int and entry["t"] >= t, where, "wrong v or t")
            need(entry.get("prev") == chains.get(chain), where, "prev is not the entry before")
            need(entry["id"] not in ids, where, "the act id is used twice")
            need((index == 0) == (act == "archive.created") and (index == 1) == (act == "register.created"),
                 where, "act at the wrong place")
            need(act != "archive.test" or index == 2, where, "act at the wrong place")
            if "key" in entry:
                key = entry["key"]
                need(re.fullmatch("(0|[1-9][0-9]*)/(0|[1-9][0-9]*)", str(key)) and key not in keys, where, "wrong key")
                need(index > 1 or key == f"0/{index}", where, "wrong key")
                keys.add(key)
                self.key_slots[rec] = tuple(map(int, key.split("/")))
            need(rec is None or rec in self.key_slots, where, "rec has no key")
            need(act not in REGISTERS or rec == self.acts[REGISTERS[act]]["rec"], where, "about the wrong register")
            if act in ("segment.sealed", "segment.compacted"):
                segment = entry["segment"]
                need(isinstance(segment, dict) and set(segment) == {"frames", "len", "number", "root"}
                     and all(type(segment[name]) is int for name in ("frames", "len", "number")), where, "wrong segment")
                number, before = segment["number"], self.sealed.get(segment["number"])
                if act == "segment.sealed":
                    need(number == len(self.sealed) + 1, where, "not the next segment")
                else:
                    need(before and segment["frames"] < before["frames"] and segment["len"] < before["len"], where,
                         "compacts a segment that was not longer before")
                    need(self.gone, where, "compacts before any key was erased")
                    self.compacted.add(number)
                    self.gone_before = set(self.gone)
                self.sealed[number] = segment
            if act == "log.succeeded":
                log = entry["log"]
                need(isinstance(log, dict) and set(log) == {"root", "size", "vkey", "was"} and is_hex(log["root"], 64)
                     and type(log["size"]) is int and log["size"] > index, where, "succeeds no log that was longer")
                need(self.vkeys in ([], [*self.vkeys[:-1], log["was"]]), where, "not the key of before")
                self.vkeys = [*(self.vkeys or [log["was"]]), log["vkey"]]
                need(len(set(self.vkeys)) == len(self.vkeys), where, "a key that the log had before")
            need(act != "holds.confirmed" or self.vkeys, where, "no entry was lost")
            if act == "heads.mapped":
                need(entry["heads"] == self.heads(chains), where, "maps other heads than the entries before it have")
            if "epoch" in entry:
                epoch += act == "vault.rolled"
                need(entry["epoch"] == epoch, where, "wrong epoch")
            if act == "record.accepted":
                self.accepted[rec] = entry
            if act == "submission.waiting":
                self.waiting[rec] = entry
            if act in MAKES:
                self.made[MAKES[act]].add(rec)
            need(act not in ABOUT or rec in self.made[ABOUT[act]], where, "rec is not what the act is about")
            by = next((name for name in EXECUTES if entry.get("of") in self.made[name]), "plan")
            names, follows = (by, EXECUTES[by]) if act == "hold.destroyed" else (NAMES.get(act), FOLLOWS.get(act))
            need("of" not in entry or entry["of"] in self.made[names], where, "of is not what the act names")
            if rec in self.made["plan"]:
                need(act not in STEPS or (rec, STEPS[act]) in steps, where, "a step of the plan is missing before it")
                need((rec, "plan.cancelled") not in steps, where, "the plan was cancelled")
                need((rec, "destroy.executed") not in steps or act == "destroy.completed", where, "it was executed")
                need(act != "destroy.completed" or (rec, act) not in steps, where, "it was completed")
                steps.add((rec, act))
            if rec in self.made["transfer"]:
                need(act not in STEPS or (rec, STEPS[act]) in steps, where, "a step of the transfer is missing before it")
                need(not {(rec, "transfer.cancelled"), (rec, "transfer.closed")} & steps, where, "the transfer is over")
                steps.add((rec, act))
            if rec in self.made["accession"]:
                need(act not in STEPS or (rec, STEPS[act]) in steps, where, "a step of the accession is missing before it")
                need((rec, act) not in steps, where, "twice")
                steps.add((rec, act))
            need(not follows or (entry["of"], follows) == executing, where, "gone without its plan or transfer")
            need(follows or not executing or erasing, where, "a plan or transfer by which nothing goes")
            executing = (rec, act) if act in EXECUTES.values() else executing if follows else None
            if act == "record.filed":
                need(rec in self.accepted and filed.get(rec) != entry["of"], where, "rec is no record, or in the file")
                filed[rec] = entry["of"]
            if act in ("hold.covers", "hold.uncovers"):
                pair = (entry["of"], rec)
                need(rec in self.accepted or rec in self.made["file"], where, "rec is no record and no file")
                need((pair in covered) == (act == "hold.uncovers"), where, "covered twice, or not covered")
                (covered.discard if act == "hold.uncovers" else covered.add)(pair)
            if act == "file.inventoried":
                need(rec not in listed, where, "it stands in an inventory already")
                listed.add(rec)
            if act in ("record.missing", "record.found"):
                need(rec in self.accepted and (rec in searched) == (act == "record.found"), where,
                     "marked twice, or not in search")
                (searched.discard if act == "record.found" else searched.add)(rec)
            if act in ("record.amended", "record.spilled", "record.read", "record.bundled", "paper.noted", "paper.moved",
                       "copy.certified"):
                need(rec in self.accepted, where, "rec is no record")
            if act == "record.amended":
                self.amended.setdefault(rec, []).append(entry)
            need(ended is None or act in BEHIND_END, where, "stands behind the end of the archive")
            need(not complete, where, "stands behind the last entry of the archive")
            need(act != "decommission.completed" or ended is not None, where, "the archive has not ended")
            need(act != "remainder.destroyed" or self.acts[-1]["act"] in (act, "archive.decommissioned"), where,
                 "went with no archive")
            ended, complete = index if act == "archive.decommissioned" else ended, act == "decommission.completed"
            need(not erasing or act in ERASES or act == "vault.rolled", where, "a key that ends without its roll")
            erasing = act in ERASES
            if erasing:
                remainder = {self.acts[1]["rec"], *self.made["file"], *self.made["hold"],
                             *self.made["inquiry"]} if index > 1 else set()
                owners = {"waiting.ended": self.waiting, "file.destroyed": self.made["file"],
                          "hold.destroyed": self.made["hold"], "file.released": self.made["file"],
                          "remainder.destroyed": remainder}.get(act, self.accepted)
                need(rec in owners, where, "ends nothing")
                need(rec not in self.gone, where, "ended twice")
                self.gone[rec] = f"{ERASES[act]}, entry {index}"
            if act == "vault.rolled":
                self.rolled = index
            if rec:
                chains[chain] = index
                self.chain_counts[chain] = self.chain_counts.get(chain, 0) + 1
            ids.add(entry["id"])
            t = entry["t"]
            self.acts.append(entry)
        need(not erasing and not executing, "tlog", "a key that ends without its roll")
        need(not self.vkeys or self.vkeys[-1] == self.vkey, "muragat.toml", "vkey is not the one the log went on under")
        need((self.head.t, self.head.epoch, self.head.sealed) == (t, epoch, len(self.sealed)), "tlog/lock",
             "time, epoch or sealed segment are not those of the entries")

    def heads(self, chains):
        """The maps of heads: for each owner the newest entry of its chains and how many there are. §4.3"""
        owners = sorted({owner for owner, _ in chains})
        roots = {}
        for name, is_reading in (("custody", False), ("readings", True)):
            leaves = []
            for owner in owners:
                count, newest = self.chain_counts.get((owner, is_reading), 0), chains.get((owner, is_reading), "-")
                row = f"{'reading' if is_reading else 'custody'}\n{owner}\n{count}\n{newest}\n"
                leaves.append(sha256(b"\0" + row.encode()))
            roots[name] = merkle_root(leaves).hex()
        return {"owners": len(owners), **roots}

    def owner_key(self, rec):
        """The key of an owner. Raises Erased when a roll after its first entry took it away. §3.7, §6.3"""
        try:
            key = self.vault.key(*self.key_slots[rec], bytes.fromhex(rec))
        except Erased as error:
            first = next(index for index, entry in enumerate(self.acts) if entry.get("rec") == rec)
            need(self.rolled > first, f"vault: {rec}", "its key is erased, and no roll has erased it")
            raise Erased(f"{rec}: {self.gone.get(rec, error)}") from None
        need(rec not in self.gone, f"vault: {rec}", "its key should be erased, and is still there")
        return key


def split_entries(data, at, count, where):
    """`count` entries from offset `at` of data, each u16 BE length ‖ bytes; and the offset behind them."""
    entries = []
    for _ in range(count):
        need(at + 2 <= len(data), where, "cut short")
        end = at + 2 + int.from_bytes(data[at:at + 2], "big")
        need(end <= len(data), where, "cut short")
        entries.append(data[at + 2:end])
        at = end
    return entries, at


# ---------------------------------------------------------------------------------------------------------------------
# Vault (§3)

Page = namedtuple("Page", "id digest key")


class Vault:
    def __init__(self, archive):
        self.archive, head = archive, archive.head
        self.pages = {}
        name = f"vault/root-{head.root_no:08d}"
        data = archive.file(name)
        need(blake3(data) == head.root_digest, name, "the digest is not that of tlog/lock")
        magic, archive_id, epoch, count, number = struct.unpack_from("<8s16sIIQ", data)
        need((magic, archive_id, epoch, number) == (b"MRGROOT1", archive.id, head.epoch, head.root_no), name,
             "wrong head")
        clear = data[:40 + 64 * count]
        keys = unseal(archive.key_file(f"kek-{epoch:08d}"), data[len(clear):], clear, name)
        need(len(keys) == 32 * (1 + count), name, "wrong number of keys")
        self.subtrees = {}
        for i in range(count):
            subtree, height, slots, page, digest = struct.unpack_from("<IB3xQ16s32s", clear, 40 + 64 * i)
            self.subtrees[subtree] = height, slots, Page(page, digest, keys[32 + 32 * i:64 + 32 * i])
        self.new = {}
        self.read_journal(archive.journal_name(head.root_no), keys[:32])

    def read_journal(self, name, key):  # §3.6
        head = self.archive.head
        data = self.archive.file(name)[:head.journal_len]
        need(len(data) == head.journal_len and blake3(data) == head.journal_digest, name,
             "the digest is not that of tlog/lock")
        clear, at = b"MRGJRNL1" + self.archive.id + struct.pack("<Q", head.root_no), 32
        need(data[:32] == clear, name, "wrong head")
        while at < len(data):
            where = f"{name}: entry at {at}"
            need(at + 4 <= len(data), where, "cut short")
            end = at + 4 + int.from_bytes(data[at:at + 4], "little")
            need(end <= len(data), where, "cut short")
            rows = unseal(key, data[at + 4:end], clear + struct.pack("<Q", at), where)
            need(len(rows) % 60 == 0, where, "no whole rows")
            for subtree, slot, owner, owner_key in struct.iter_unpack("<IQ16s32s", rows):
                need((subtree, slot) not in self.new, where, "a slot is given twice")
                self.new[subtree, slot] = owner, owner_key
            at = end

    def open_page(self, page, subtree, level, index):
        """Rows of a leaf page, children of an inner page. §3.4, §3.5"""
        if page.id in self.pages:
            return self.pages[page.id]
        name = f"vault/page-{page.id.hex()}"
        data = self.archive.file(name)
        need(blake3(data) == page.digest, name, "the digest is not that of its parent")
        count = struct.unpack_from("<H", data, 30)[0]
        head = b"MRGPAGE1" + self.archive.id + struct.pack("<IBBHQ", subtree, level, 0, count, index)
        need(data[:40] == head and count <= 256, name, "wrong head")
        clear = data[:40 + (48 * count if level else 0)]
        plain = unseal(page.key, data[len(clear):], clear, name)
        width = 32 if level else 49
        need(len(plain) == width * count, name, "wrong number of rows")
        rows = [plain[i:i + width] for i in range(0, len(plain), width)]
        if level:
            rows = [Page(clear[at:at + 16], clear[at + 16:at + 48], row) for at, row in zip(range(40, 9**9, 48), rows)]
        self.pages[page.id] = rows
        return rows

    def key(self, subtree, slot, owner):  # §3.7
        where = f"vault: slot {subtree}/{slot} of {owner.hex()}"
        found = self.new.get((subtree, slot))
        if not found:
            height, slots, page = self.subtrees.get(subtree, (0, 0, None))
            need(slot < slots, where, "no such key")
            leaf = slot // 256
            for level in range(height - 1, 0, -1):
                children = self.open_page(page, subtree, level, leaf // 256**level)
                child = leaf // 256**(level - 1) % 256
                need(child < len(children), where, "no such key")
                page = children[child]
            rows = self.open_page(page, subtree, 0, leaf)
            need(slot % 256 < len(rows), where, "no such key")
            row = rows[slot % 256]
            if row == bytes(49):
                raise Erased("the key is erased")
            need(row[0] == 1, f"vault/page-{page.id.hex()}", "wrong state of a row")
            found = row[1:17], row[17:]
        need(found[0] == owner, where, "the slot has another owner")
        return found[1]


# ---------------------------------------------------------------------------------------------------------------------
# Store (§2)


class Frame:
    """One frame, at `offset` of the segment with the bytes `data`, of which `committed` count. §2.2"""

    def __init__(self, name, data, offset, committed):
        self.where, self.data, self.offset = f"{name}: frame at {offset}", data, offset
        header = data[offset:offset + 80]
        need(offset + 80 <= committed, self.where, "cut short")
        (magic, version, self.kind, self.last, self.chunks, self.body_len, self.plain_len, self.number, self.owner,
         self.act, self.object, check) = struct.unpack("<4sBBBBIII16s16s24s4s", header)
        full = max(1, -(-self.plain_len // CHUNK))
        need(magic == b"MRGF" and version == 1 and check == blake3(header[:76])[:4], self.where, "no frame header")
        need(self.kind in (1, 2, 3, 4) and self.last in (0, 1) and self.chunks == full <= 16
             and (self.last or self.plain_len == 16 * CHUNK)
             and 16 * full <= self.body_len <= self.plain_len + 16 * full, self.where, "wrong header")
        self.end = offset + 80 + self.body_len + 4 * self.chunks + 32
        need(self.end <= committed, self.where, "cut short")
        self.digest = data[self.end - 32:self.end]
        self.checked = False

    def check(self):
        if not self.checked:
            need(blake3(self.data[self.offset:self.end - 32]) == self.digest, self.where, "the digest is wrong")
        self.checked = True

    def open(self, cipher):
        """The plaintext of each chunk. §2.2, §2.5"""
        self.check()
        at = self.offset + 80
        table = struct.unpack(f"<{self.chunks}I", self.data[at + self.body_len:self.end - 32])
        need(sum(row & 0x7FFFFFFF for row in table) == self.body_len, self.where, "wrong chunk table")
        for i, row in enumerate(table):
            length, packed = row & 0x7FFFFFFF, row >> 31
            plain_len = min(CHUNK, self.plain_len - CHUNK * i)
            position = 16 * self.number + i
            flags = (self.last and i == self.chunks - 1) | packed << 1
            clear = self.owner + self.act + self.object + struct.pack("<BQBI", self.kind, position, flags, plain_len)
            try:
                plain = cipher.decrypt(struct.pack("<QI", position, 0), self.data[at:at + length], clear)
                if packed:
                    size = zstandard.frame_content_size(plain)
                    need(size in (-1, plain_len), self.where, "a chunk has another length")
                    plain = zstandard.ZstdDecompressor().decompress(plain, plain_len, allow_extra_data=False)
            except (InvalidTag, ValueError):
                raise Damaged(f"{self.where}: chunk {i} cannot be opened with its key") from None
            except zstandard.ZstdError:
                raise Damaged(f"{self.where}: chunk {i} cannot be decompressed") from None
            need(len(plain) == plain_len, self.where, f"chunk {i} has another length")
            yield plain
            at += length


class Object:
    def __init__(self, frames):
        self.frames, self.kind, self.where = frames, frames[0].kind, frames[0].where
        for i, frame in enumerate(frames):
            need(frame.number == i and frame.last == (i == len(frames) - 1) and frame.kind == self.kind, frame.where,
                 "not the next frame of its object")

    def address(self):  # §2.3
        for frame in self.frames:
            frame.check()
        digests = [frame.digest for frame in self.frames]
        return digests[0] if len(digests) == 1 else blake3(b"".join(digests))

    def open(self, owner_key):  # §2.4
        first = self.frames[0]
        info = b"muragat object v1" + first.owner
        cipher = AESGCM(HKDF(SHA256(), 32, salt=first.object, info=info).derive(owner_key))
        for frame in self.frames:
            yield from frame.open(cipher)


class Store:
    """The headers of all frames. Digests are checked when a frame is used, or by check()."""

    def __init__(self, archive):
        self.archive, self.segments, self.acts, self.last = archive, {}, {}, {}
        for number in range(1, archive.head.segment + 1):
            self.segments[number] = self.scan(number)
        for frame in self.frames():
            self.acts.setdefault(frame.act, {}).setdefault(frame.object, []).append(frame)
            self.last[frame.act] = frame

    def frames(self):
        return [frame for frames in self.segments.values() for frame in frames]

    def scan(self, number):
        """The frames of a segment up to its committed end. §2.1, §2.7"""
        name, head = self.archive.segment_name(number), self.archive.head
        if number in self.archive.compacted and (self.archive.folder / (name + ".new")).is_file():
            return self.scan_interrupted(number, name)
        return self.scan_file(number, name)

    def scan_interrupted(self, number, name):
        """A compaction that was cut off: the copy counts when it is what its entry says. §2.1"""
        entry = self.archive.sealed[number]
        try:
            frames = self.scan_file(number, name + ".new")
            if entry["root"] == merkle_root([sha256(b"\0" + frame.digest) for frame in frames]).hex():
                return frames
        except Damaged:
            pass
        return self.scan_file(number, name)

    def scan_file(self, number, name):
        head = self.archive.head
        try:
            with open(self.archive.folder / name, "rb") as file:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise Damaged(f"{name}: {error}") from None
        end = len(data)
        if number == head.segment:
            end = head.segment_len
        elif number in self.archive.sealed:
            end = self.archive.sealed[number]["len"]
        need(64 <= end <= len(data), name, "shorter than its committed length")
        header = b"MRGSEG01" + self.archive.id + struct.pack("<II", number, 0)
        need(data[:64] == header + blake3(header), name, "wrong segment header")
        frames, at = [], 64
        while at < end:
            frames.append(Frame(name, data, at, end))
            at = frames[-1].end
        return frames

    def check(self):
        """Every digest, and the closed segments against their entries in the log. §2.7"""
        for number, frames in self.segments.items():
            for frame in frames:
                frame.check()
            entry = self.archive.sealed.get(number)
            root = merkle_root([sha256(b"\0" + frame.digest) for frame in frames]).hex()
            need(not entry or (entry["frames"], entry["root"]) == (len(frames), root),
                 self.archive.segment_name(number), "not as its newest entry says")

    def objects(self, entry):
        """The objects of an act by id, after they were checked against `obj` of its entry. §2.6, §4.3"""
        where = f"store: objects of act {entry['id']}"
        frames = self.acts.get(bytes.fromhex(entry["id"]), {})
        if entry.get("rec") in self.archive.gone_before:  # compaction took them, or will
            return {}
        need(bool(frames) == ("obj" in entry), where, "missing, or more than the log says")
        objects = {name: Object(of_one) for name, of_one in frames.items()}
        for item in objects.values():
            need(all(frame.owner.hex() == entry["rec"] for frame in item.frames), item.where, "wrong owner")
        if objects:
            addresses = sorted(item.address() for item in objects.values())
            need(sha256(b"".join(addresses)).hex() == entry["obj"], where, "not those that the log commits to")
            kinds = sorted(item.kind for item in objects.values())
            head = {"record.accepted": 2, "record.amended": 4}.get(entry["act"], 3)
            need(kinds == [1] * (len(kinds) - 1) + [head] and self.last[bytes.fromhex(entry["id"])].kind == head, where,
                 "wrong kinds of objects")
        return objects


# ---------------------------------------------------------------------------------------------------------------------
# Records (§5) and the commands


SIGNED = {"files", "statement", "signed", "policy", "authorities"}  # §5.6: of an act that a statement was signed for
DOCUMENTS = {  # §5.6: the keys that an act document has besides kind, salt, v, in every form that was ever written
    "archive.created": [{"origin", "register"}], "register.created": [{"origin", "register"}],
    "account.opened": [{"account", "person"}, {"account", "service"}, {"account", "password"}],
    "account.changed": [{"account", "password"}], "account.closed": [{"account", "reason"}],
    "token.issued": [{"account", "token", "sha256", "scopes", "until"}], "token.revoked": [{"token", "reason"}],
    "certificate.bound": [{"account", "sha256"}],
    "reading.permitted": [{"account", "records", "access", "from", "until", "basis"}],
    "reading.ended": [{"permit", "reason"}],
    "record.read": [{"rule"} | account | purpose for account in (set(), {"account"})
                    for purpose in (set(), {"purpose"})],
    "account.added": [{"account", "actor"}], "agency.added": [{"agency", "subtree"}],
    "submission.refused": [{"reasons", "source", "files", "notice"} | more
                           for more in (set(), {"agency"}, {"sent"}, {"agency", "sent"})]
                          + [{"reasons", "source", "repeats"}, {"reasons", "source"},
                             {"code", "detail", "source", "subject"}],
    "classifier.adopted": [{"file", "sha256"}, {"file", "sha256", "signature"}],
    **dict.fromkeys(("policy.adopted", "authority.adopted"),
                    [{"file", "sha256"}, {"file", "sha256", "confirmed"},
                     {"file", "sha256", "confirmed", "files", "approved", "policy", "authorities"}]),
    "calendar.adopted": [{"file", "sha256"}],
    "import.adopted": [{"files", "id", "version", "sha256", "approved", "policy", "authorities"}],
    "import.begun": [{"profile", "table_sha256", "table", "rows"}],
    "import.ended": [{"files", "import", "counts", "unnamed"}],
    "material.added": [{"files", "material", "sha256", "issuer", "made"} | more for more in (set(), {"source"})],
    "answer-key.added": [{"algorithm", "public_key"}],
    "submission.waiting": [{"files", "agency", "registration_number", "document_date", "source", "reasons",
                            "missing"}],
    "notice.issued": [{"files", "refusal"}],
    "nomenclature.adopted": [{"file", "sha256"}], "form.adopted": [{"file", "sha256"}],
    "witnesses.adopted": [{"file", "sha256"}],
    "log.succeeded": [{"account", "key", "last", "missing", "reason", "size"}],
    "holds.confirmed": [{"files", "agency", "approved", "authorities", "holds", "policy", "sha256", "succeeded"}],
    "rules.adopted": [{"files", "list", "edition", "sha256"},
                      {"files", "list", "edition", "sha256", "act", "shortens", "approved", "policy", "authorities"}],
    "file.opened": [{"agency", "index", "year", "volume", "title", "form"} | item | attributes | split
                    for item in (set(), {"item"}) for attributes in (set(), {"attributes"})
                    for split in (set(), *({"part_of", "reason"} | events | dates for events in (set(), {"events"})
                                           for dates in (set(), {"oldest", "newest"})))],
    "file.closed": [{"date"}], "file.reopened": [{"reason"}],
    "file.reclassified": [{"reason"} | more for more in ({"item"}, {"attributes"}, {"item", "attributes"})],
    "event.recorded": [{"event", "date"}, {"event", "date", "reason"}],
    "record.filed": [{"reason"}, {"files", "approved", "authorities", "policy", "reason", "sha256"}],
    "fonds.opened": [{"number", "name", "agency"}],
    "fonds.succeeded": [{"date", "name"}, {"date", "name", "agency"}],
    "inventory.opened": [{"fonds", "number", "inventory", "title"} | first | last
                         for first in (set(), {"from"}) for last in (set(), {"to"})],
    "inventory.entered": [{"units"}],
    "inventory.approved": [{"files", "until", "minutes_number", "minutes_date"}],
    "paper.noted": [{"number", "paper", "sheets", "place", "custodian"}],
    "paper.moved": [{"number", "place", "custodian", "reason"}],
    "hold.placed": [{"owner", "reason", "basis", "targets"} | review | query
                    for review in (set(), {"review"}) for query in (set(), {"query"})]
                   + [{"owner", "reason", "basis", "targets", "inquiry"}],
    "inquiry.opened": [{"agency", "authority", "case", "basis", "requester", "due"}],
    "inquiry.searched": [{"query", "canonical", "size", "root", "unreadable", "reaches_destroyed", "found",
                          "destroyed"} | within for within in (set(), {"within"})],
    "inquiry.taken": [{"targets"}],
    "inquiry.answered": [{"files", "approved", "authorities", "policy", "sha256"}],
    "inquiry.bundled": [{"files", "records", "material", "readings", "sums_sha256"}],
    "record.bundled": [{"files"}],
    "inquiry.closed": [{"outcome"}, {"outcome", "without_answer"}],
    "copy.certified": [{"files", "approved", "authorities", "policy", "sha256", "number", "recipient", "profile", "made",
                        "result", "sheets", "digests"}],
    "hold.lifted": [{"reason"}],
    "presence.begun": [{"basis"}, {"basis", "agency", "subtree"}],
    "presence.checked": [{"from", "to", "records", "erased", "flawed", "findings", "missing", "found"}],
    "presence.ended": [{"files", "records", "erased", "flawed"}],
    "spill.approved": [{"files", "record", "sha256", "approved", "policy", "authorities"}],
    "file.shortened": [{"files", "approved", "authorities", "policy", "reason", "sha256"}],
    "file.ruled": [{"ruling", "reason"}, {"ruling", "date", "reason"}, {"ruling", "date"}],
    "decommission.approved": [{"files", "agency", "entry", "reason", "approved", "authorities", "policy", "sha256"}],
    "archive.decommissioned": [{"agencies", "decisions", "destroyed", "entry", "method", "program", "records",
                                "remainder", "spilled", *more} for more in ((), ("handed_over",))],
    "decommission.completed": [{"ciphertext", "custody_places", "epoch", "index", "signing_key"}],
    "evidence.stamped": [{"files", "from", "to", "algorithm", "root", "tokens"}],
    "evidence.renewed": [{"files", "renewal", "algorithm", "root", "of", "tokens"}],
    "party.adopted": [{"files", "approved", "authorities", "policy", "sha256", "agency", "party"}],
    "transfer.selected": [{"agency", "party", "party_entry", "reason", "basis", "selected"}],
    "transfer.listed": [{"files", "number", "sha256"}],
    "transfer.approved": [{"files", "approved", "authorities", "policy", "sha256"}],
    "transfer.cancelled": [{"reason"}],
    "transfer.sealed": [{"files", "package", "form", "digest", "sha256"}],
    "transfer.sent": [{"way", "digest"}],
    "transfer.delivered": [{"files", "sha256"}],
    "transfer.replied": [{"files", "sha256", "accepted", "refused"}],
    "transfer.agreed": [{"files", "approved", "authorities", "policy", "sha256", "free"}],
    "transfer.released": [{"files", "approved", "authorities", "policy", "sha256", "number", "released", "kept",
                           "program", *more} for more in ([], ["holds"])],
    "transfer.closed": [{"epoch", "released"}],
    "accession.received": [{"files", "agency", "party", "party_entry", "package", "digest", "transfer", "form"}],
    "accession.checked": [{"files", "accepted", "refused"}],
    "accession.replied": [{"files", "approved", "authorities", "policy", "sha256"}],
    "accession.agreed": [{"files", "sha256"}],
    "plan.drafted": [{"files", "agency", "number", "plan_sha256"}],
    "plan.proposed": [SIGNED], "plan.approved": [SIGNED], "plan.reviewed": [SIGNED | {"verdicts"}],
    "plan.cancelled": [{"reason"}],
    "destroy.authorised": [SIGNED | {"as_of", "clock", "log_size"}],
    "destroy.executed": [{"number", "plan_sha256", "as_of", "destroyed", "kept", "holds", "method", "program"}],
    "destroy.completed": [{"custody_places", "epoch", "index", "ciphertext"}],
}
FILE_KEYS = {"name", "size", "sha256", "object", "address"}  # §5.6


class Confirmed:
    """The policy and the registers that officers are judged by. §5.8"""

    def __init__(self):
        self.policy, self.has_anchor, self.registers, self.has_quorum = None, False, {}, False

    def adopt(self, kind, t, document):
        """Takes in an adoption; says whether it is confirmed."""
        file = tomllib.loads(base64.b64decode(document["file"], validate=True).decode())
        digest = document["sha256"]
        signed = {row["iin"] for row in document.get("approved", []) if row["kind"] == "approver"}
        is_held = digest == self.policy or digest in (held for held, _ in self.registers.values())
        is_confirmed = document.get("confirmed") is not False and (not self.has_quorum or is_held or len(signed) >= 2)
        if is_confirmed:
            if kind == "policy.adopted":
                self.policy, self.has_anchor = digest, bool(file.get("signature_anchor"))
            else:
                self.registers[file["id"]] = digest, file.get("person", [])
            # The day in Almaty: UTC+5.
            day = (datetime.fromtimestamp(t / 1000, timezone.utc) + timedelta(hours=5)).date().isoformat()
            rows = [row for _, rows in self.registers.values() for row in rows if day <= str(row.get("to", day))]
            persons = {kind: {row["iin"] for row in rows if row["kind"] == kind}
                       for kind in ("approver", "administrator")}
            approvers = persons["approver"] - persons["administrator"]
            self.has_quorum = self.has_quorum or (self.has_anchor and len(approvers) >= 2)
        return is_confirmed


Part = namedtuple("Part", "metadata objects items key")  # metadata file, `objects`, stored objects by id, owner's key

KEYS = {  # §5.2, §5.7: keys of a metadata file: those that it must have, and those that it may have
    "muragat/record/1": ("schema record_id profile agency direction nomenclature_index access_category card components",
                         "file"),
    "muragat/record/2": ("schema record_id profile kind agency direction nomenclature_index access_category card "
                         "components identifier", "file certified_by codes flags"),
    "muragat/record/3": ("schema record_id profile kind agency direction nomenclature_index access_category card "
                         "components identifier validation",
                         "file certified_by codes flags imported transferred"),
    "muragat/amendment/1": ("schema record_id kind components identifier", "card flags formats reason"),
}
COMPONENT_KEYS = {  # by whether formats are identified
    False: ("path role size sha256 sha512", "covers media_type"),
    True: ("path role size sha256 sha512 format", "covers media_type content source tool"),
}
OWN = "muragat/"  # §5.2: where components of the archive's own lie, since version 3
OWN_KEYS = "path role size sha256 sha512", "covers format"
OWN_ROLES = {"report", "issued", "provenance"}  # of nothing that was sent; certificates and revocation data may be either's
VALIDATION_KEYS = "verdict received created_on created_basis policy authorities material", "claimed proven"
FORMAT_KEYS = "family name basis", "puid version findings"


def has_keys(value, keys):
    must, may = (set(names.split()) for names in keys)
    return isinstance(value, dict) and must <= set(value) <= must | may


def is_own(component, metadata):
    """Whether a component is the archive's own. §5.2, §5.7"""
    return component["path"].startswith(OWN) and (
        metadata["schema"] == "muragat/record/3" or metadata["kind"] == "receipt_issued")


class Reader:
    def __init__(self, archive):
        self.archive, self.store = archive, Store(archive)
        if archive.lock_damage:
            print(f"damaged: {archive.lock_damage}", file=sys.stderr)

    def part(self, entry):
        """What one act gave to a record, all checked but the components: §7, steps 4 to 9, 11 and 12."""
        rec, first = entry["rec"], entry["act"] == "record.accepted"
        name = "record" if first else "amendment"
        items = self.store.objects(entry)
        key = self.archive.owner_key(rec)
        stored = next(item for item in items.values() if item.kind != 1)
        document = read_canonical(b"".join(stored.open(key)), stored.where)
        try:
            metadata, salt = document[name], bytes.fromhex(document["salt"])
            schema, components, places = metadata["schema"], metadata["components"], document["objects"]
            need(set(document) == {"objects", name, "salt", "v"} and len(salt) == 32
                 and schema == f"muragat/{name}/{document['v']}" and has_keys(metadata, KEYS[schema])
                 and metadata["record_id"] == rec and len(places) == len(components) == len(items) - 1
                 and len({place["object"] for place in places}) == len(places), stored.where, f"wrong {name}")
            own = [c for c in components if is_own(c, metadata)]
            sent = [c for c in components if not is_own(c, metadata)]
            identified = "identifier" in metadata and metadata["kind"] != "verification_means"
            formats = [component["format"] for component in sent] if identified else []
            formats += [inner["content"]["format"] for inner in sent if "content" in inner]
            formats += [again["format"] for again in metadata.get("formats", [])]
            need(all(has_keys(component, COMPONENT_KEYS[identified]) for component in sent)
                 and all(has_keys(component, OWN_KEYS) for component in own)
                 and all(component["role"] in OWN_ROLES | {"certificate", "revocation"} for component in own)
                 and all(has_keys(found, FORMAT_KEYS) for found in formats)
                 and not any(component["role"] in OWN_ROLES for component in sent)
                 and components == sent + own
                 and all(("source" in c, "tool" in c) in ((False, False), (True, True)) for c in components),
                 stored.where, f"wrong component in the {name}")
            if schema == "muragat/record/3":
                validation = metadata["validation"]
                need(has_keys(validation, VALIDATION_KEYS) and all(
                     is_hex(digest, 64) for digest in
                     [validation["policy"], *validation["authorities"], *validation["material"]]),
                     stored.where, "wrong validation in the record")
                imported = metadata.get("imported")
                need(imported is None or (has_keys(imported, ("act line profile", "receipt_date receipt_number"))
                                          and is_hex(imported["act"], 32) and is_hex(imported["profile"], 64)),
                     stored.where, "wrong import in the record")
                handed = metadata.get("transferred")
                tars = [c["path"] for c in components if c["role"] == "provenance"]
                need(tars == ([] if handed is None else [OWN + "sender.tar"])
                     and (handed is None or (has_keys(handed, ("accession archive record package", ""))
                                             and is_hex(handed["accession"], 32) and is_hex(handed["archive"], 32)
                                             and is_hex(handed["package"], 64) and handed["record"])),
                     stored.where, "wrong transfer in the record")
            if metadata.get("kind") == "receipt_issued":
                need([(c["path"], c["role"]) for c in components] == [
                     (OWN + "receipt.json.p7s", "issued"), (OWN + "receipt-validation.json", "report")],
                     stored.where, "an issued receipt is its signature, the validation of that, and nothing else")
            for place in places:
                item = items.get(bytes.fromhex(place["object"]))
                need(item and item.kind == 1 and item.address().hex() == place["address"], stored.where,
                     f"object {place['object']} is not stored as the {name} says")
            for digest in ("sha256", "sha512"):  # §5.4, §5.5
                digests = [bytes.fromhex(component[digest]) for component in components]
                for member in (write_canonical(metadata), b"evidence-salt/1\n" + salt):
                    digests.append(hashlib.new(digest, member).digest())
                group = hashlib.new(digest, b"".join(sorted(digests))).hexdigest()
                need(group == entry["g" + digest[3:]], stored.where, f"g{digest[3:]} is not that of the log")
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Damaged(f"{stored.where}: wrong {name}") from None
        return Part(metadata, places, items, key)

    def parts(self, rec):
        """The parts of a record: the acceptance and every amendment. §5.7"""
        accepted = self.archive.accepted.get(rec)
        need(accepted, "tlog", f"no record {rec} was accepted")
        parts = [self.part(entry) for entry in [accepted, *self.archive.amended.get(rec, [])]]
        names = set()  # of components and contents so far
        for part in parts:
            components = part.metadata["components"]
            before = len(names)
            new = [named["path"] for c in components for named in (c, c.get("content")) if named]
            names.update(new)
            need(len(names) == before + len(new), f"record {rec}", "one path for two things")
            told = [path for c in components for path in c.get("covers", [])]
            told += [c["source"] for c in components if "source" in c]
            told += [found["path"] for found in part.metadata.get("formats", [])]
            need(names.issuperset(told), f"record {rec}", "speaks of a path that it does not have")
        return parts

    def components(self, rec):
        """For each component of a record, of all its parts: its entry in the metadata, and its plaintext in parts."""
        for part in self.parts(rec):
            yield from self.components_of(part)

    def components_of(self, part):  # §7, step 10
        for component, place in zip(part.metadata["components"], part.objects):
            item = part.items[bytes.fromhex(place["object"])]
            yield component, self.checked_parts(component, item, part.key)
            if "content" in component:
                yield component["content"], self.content(component, item, part.key)

    @staticmethod
    def checked_parts(component, item, key):
        size, short, long = 0, hashlib.sha256(), hashlib.sha512()
        for part in item.open(key):
            size += len(part)
            short.update(part)
            long.update(part)
            yield part
        need((size, short.hexdigest(), long.hexdigest())
             == (component["size"], component["sha256"], component["sha512"]),
             item.where, f"{component['path']} is not what was accepted")

    @staticmethod
    def content(component, item, key):
        """The document inside an attached CMS, whole. §5.2"""
        inner = component["content"]
        data = content_of_cms(b"".join(item.open(key)), item.where)
        need((len(data), sha256(data).hex()) == (inner["size"], inner["sha256"]), item.where,
             f"{inner['path']} is not the content that was accepted")
        yield data

    def list(self):
        for rec in self.archive.accepted:
            try:
                card = [part.metadata["card"] for part in self.parts(rec) if "card" in part.metadata][-1]
                text = f"{rec}  {card.get('registration_number')}  {card.get('title')}"
            except Erased:
                text = f"{rec}  erased"
            print("".join(c if c.isprintable() else "?" for c in text))

    def get(self, rec, out):
        for component, parts in self.components(rec):
            names = component["path"].split("/")
            need(not set(names) & {"", ".", ".."} and "\0" not in component["path"], f"record {rec}", "unsafe path")
            path = Path(out, *names)
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "xb") as file:
                try:
                    for part in parts:
                        file.write(part)
                except Damaged:
                    path.unlink()
                    raise

    def check_confirmed(self, entry, document, confirmed):
        """Whether officers are judged by what an act adopted, as the acts before it say; the act says no more. §5.8"""
        where = f"entry {self.archive.acts.index(entry)}"
        said, kind = document.get("confirmed"), entry["act"]
        need(said in (None, True, False), where, "confirmed is neither true nor false")
        try:
            found = confirmed.adopt(kind, entry["t"], document)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Damaged(f"{where}: the adopted file cannot be read") from None
        need(found or not said, where, "it says that it is confirmed, and it is not")

    def verify(self):
        """Goes on after a damaged record, to name all of them."""
        self.archive.check_tiles()
        self.store.check()
        damaged, erased, shared, used = bool(self.archive.lock_damage), set(), set(), []
        confirmed = Confirmed()
        for entry in self.archive.acts:
            rec = entry.get("rec")
            try:
                if entry["act"] == "record.accepted":
                    parts = self.parts(rec)
                    used.append((rec, set(parts[0].metadata.get("validation", {}).get("material", [])) - shared))
                    for part in parts:
                        for _, pieces in self.components_of(part):
                            for _ in pieces:
                                pass
                elif entry["act"] == "record.amended":
                    if rec in erased:  # otherwise it was read with its record
                        self.store.objects(entry)
                else:
                    document = self.check_document(entry)
                    if entry["act"] == "material.added":
                        shared.add(document["sha256"])
                    if entry["act"] in ("policy.adopted", "authority.adopted"):
                        self.check_confirmed(entry, document, confirmed)
            except Erased as error:
                self.store.objects(entry)
                if rec in self.archive.accepted:  # that a submission does not wait any more is how it should be
                    print(f"erased: {error}")
                    erased.add(rec)
            except Damaged as error:
                print(f"damaged: {error}", file=sys.stderr)
                damaged += 1
        for rec, missing in used:
            if missing:  # §5.2: what a record names was there before it
                print(f"damaged: record {rec}: no shared material {' '.join(sorted(missing))}", file=sys.stderr)
                damaged += 1
        frames, waiting = self.store.frames(), set(self.archive.waiting)
        known = {bytes.fromhex(entry["id"]) for entry in self.archive.acts}
        print(f"{len(self.archive.acts)} entries, {len(self.archive.accepted)} records, {len(erased)} of them erased, "
              f"{sum(map(len, self.archive.amended.values()))} amendments, {len(waiting)} submissions that waited, "
              f"{len(waiting - set(self.archive.gone))} of them still do, {len(frames)} frames, "
              f"{sum(frame.act not in known for frame in frames)} of them orphans: "
              + (f"{damaged} things are damaged" if damaged else "all is well"))
        return 1 if damaged else 0

    def check_document(self, entry):  # §5.6
        """The act document of an entry, checked with the files that came with it; none when the act has no objects."""
        if "obj" not in entry:
            return None
        items = self.store.objects(entry)
        key = self.archive.owner_key(entry["rec"])
        item = next(item for item in items.values() if item.kind == 3)
        data = b"".join(item.open(key))
        document = read_canonical(data, item.where)
        need(sha256(data).hex() == entry["doc"], item.where, "not the document that the log commits to")
        need(document.get("kind") == entry["act"] and document.get("v") == 1 and is_hex(document.get("salt"), 64),
             item.where, "wrong act document")
        need(set(document) - {"kind", "v", "salt"} in DOCUMENTS[entry["act"]], item.where,
             "wrong keys in an act document")
        if "file" in document:
            digest = sha256(base64.b64decode(document["file"], validate=True)).hex()
            need(digest == document["sha256"], item.where, "the file has not its digest")
        try:
            self.check_files(document, items, key, item.where)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise Damaged(f"{item.where}: wrong files in an act document") from None
        if document["kind"] == "destroy.executed":
            self.check_destroyed(entry, document, item.where)
        return document

    def check_destroyed(self, entry, document, where):
        """What is said to be destroyed are the entries that follow, and the plan is the one that was drafted. §5.6"""
        acts = self.archive.acts
        wanted = [row for item in document["destroyed"] for row in
                  [*(("record.destroyed", record) for record in item["records"]), ("file.destroyed", item["file_id"])]]
        wanted += [("hold.destroyed", hold) for hold in document["holds"]]
        at = acts.index(entry) + 1
        found = [(act["act"], act["rec"]) for act in acts[at:at + len(wanted)] if "rec" in act]
        need(wanted and found == wanted and acts[at + len(wanted)]["act"] == "vault.rolled", where,
             "not what the entries behind it destroy")
        drafted = next(act for act in acts if act["act"] == "plan.drafted" and act["rec"] == entry["rec"])
        plan = self.check_document(drafted)
        need((document["number"], document["plan_sha256"]) == (plan["number"], plan["plan_sha256"]), where,
             "it is of another plan")

    def check_files(self, document, items, key, where):
        """The files that came with an act: each an object under the same key. §5.6"""
        files, kind = document.get("files", []), document["kind"]
        need(len(files) == len(items) - 1 == len({file["object"] for file in files})
             and len({file["name"] for file in files}) == len(files) and ("files" not in document or files), where,
             "its files are not the objects of the act")
        for file in files:
            stored = items.get(bytes.fromhex(file["object"]))
            need(set(file) == FILE_KEYS and stored and stored.kind == 1 and stored.address().hex() == file["address"],
                 where, f"the file {file['name']} is not stored as it says")
            size, digest = 0, hashlib.sha256()
            for part in stored.open(key):
                size += len(part)
                digest.update(part)
            need((size, digest.hexdigest()) == (file["size"], file["sha256"]), stored.where,
                 f"{file['name']} is not what came with the act")
        names = [file["name"] for file in files]
        need(kind != "material.added" or len(files) == 1, where, "not one file")
        if "notice" in document:
            need(names == ["notice.json"] and files[0]["sha256"] == document["notice"], where, "not its notice")
        if "repeats" in document:
            repeated = document["repeats"]
            need(type(repeated) is int and self.archive.acts[repeated]["act"] == "submission.refused", where,
                 "it repeats no refusal")
        if "statement" in document:
            need(files[0]["name"] == "statement.toml" and files[0]["sha256"] == document["statement"], where,
                 "not its statement")
        if kind in ("spill.approved", "file.shortened", "record.filed"):
            need(files[0]["name"] == ("act.toml" if kind == "spill.approved" else "decision.toml")
                 and files[0]["sha256"] == document["sha256"], where, "not its act")
        if kind == "plan.drafted":
            need(files[0]["name"] == "plan.json" and files[0]["sha256"] == document["plan_sha256"], where,
                 "not its plan")
        if kind == "material.added":
            need(files[0]["sha256"] == document["sha256"], where, "the material has not its digest")
        if kind == "submission.waiting":
            need(files[0]["name"] == "submission.json", where, "the submission does not come first")
        if kind == "notice.issued":
            need(names[:2] == ["notice.json.p7s", "notice-validation.json"], where, "a signature and its validation")
            refusal = document["refusal"]
            need(type(refusal) is int and self.archive.acts[refusal]["act"] == "submission.refused", where,
                 "the notice is about no refusal")


def main():
    parser = argparse.ArgumentParser(description="Takes records out of a Muragat archive and checks them.")
    parser.add_argument("archive", help="folder of the archive")
    parser.add_argument("--keys", help="key folder; beside the archive when not given")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="record ids with registration number and title")
    get = commands.add_parser("get", help="check one record and write its components")
    get.add_argument("record", help="record id")
    get.add_argument("out", help="folder for the components")
    commands.add_parser("verify", help="check everything")
    arguments = parser.parse_args()
    try:
        reader = Reader(Archive(arguments.archive, arguments.keys))
        if arguments.command == "get":
            return reader.get(arguments.record, arguments.out)
        return reader.verify() if arguments.command == "verify" else reader.list()
    except Damaged as error:
        print(f"damaged: {error}", file=sys.stderr)
    except Erased as error:
        print(f"erased: {error}", file=sys.stderr)
    except OSError as error:
        print(f"cannot be written: {error.filename}: {error.strerror}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
