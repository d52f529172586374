#!/usr/bin/env python3
"""Checks an evidence bundle of a Muragat archive with nothing but Python 3.8 and the openssl command (3.0 or newer).

    verify.py BUNDLE.zip --vkey KEY [--policy FILE] [--tsa-anchors PEM] [--anchors PEM]

  --vkey         the verifier key of the archive's journal, NAME+ID+BASE64. Ask the archive for it; do not take it from here.
  --policy       instead, or beside it: a C2SP tlog-policy with logs, witnesses and a quorum.
  --tsa-anchors  certificates of time-stamping authorities that you trust.
  --anchors      certificates that you trust for the signatures of documents.

Ends 0 proven, 6 something was changed, 9 something is not known: nobody said whom to trust, or something is missing;
2 when what you gave cannot be used.
This program came with what it checks. Read it before you believe it; it is short so that you can.
"""
import argparse, base64, binascii, hashlib, io, json, os, struct, subprocess, sys, tempfile, zipfile
from urllib.parse import quote


class Changed(Exception):
    """Something contradicts something else."""


def sha256(data):
    return hashlib.sha256(data).digest()


def must(holds, what):
    if not holds:
        raise Changed(what)


unknown = []


def say(outcome, what):
    print(f"{outcome}: {what}")
    if outcome == "NOT KNOWN":
        unknown.append(what)


# --- The container: read by Python, then written again; every byte must be the same. ---

def members(raw):
    files, directory, at = {}, b"", 0
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for info in archive.infolist():
            name = info.filename
            # Stored, UTF-8, and not twice; asked before anything is unpacked.
            must(info.compress_type == 0 and info.flag_bits == 0x800 and name not in files, f"{name}: another form")
            body = files[name] = archive.read(info)
            fields = (binascii.crc32(body), len(body), len(body), len(name.encode()), 0)
            head = struct.pack("<5H3I2H", 20, 0x800, 0, 0, 0x21, *fields)
            directory += b"PK\1\2" + struct.pack("<H", 3 << 8 | 20) + head + bytes(6)
            directory += struct.pack("<2I", 0o100644 << 16, at) + name.encode()
            head = b"PK\3\4" + head + name.encode()
            must(raw[at:at + len(head)] == head and info.header_offset == at, f"{name}: another header")
            at += len(head) + len(body)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(files), len(files), len(directory), at, 0)
    must(raw[at:] == directory + end, "the container has bytes that belong to no member")
    names = [name.encode() for name in files]
    rest = names[1:] if names[:1] == [b"mimetype"] else names
    must(rest == sorted(rest), "members in another order")
    return files


# --- Ed25519 (RFC 8032, section 6, shortened): checking a signature needs no secret, so it may be slow. ---

P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    (x, y, z, t), (u, v, w, s) = a, b
    e, f, g, h = (y - x) * (v - u), (y + x) * (v + u), 2 * t * s * D, 2 * z * w
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, point):
    result = (0, 1, 1, 0)
    while n:
        if n & 1:
            result = add(result, point)
        point, n = add(point, point), n >> 1
    return result


def point(raw):
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    must(y < P and (x * x - square) % P == 0, "no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519(key, message, signature):
    s = int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    (x, y, z, _), (u, v, w, _) = times(s, BASE), add(point(signature[:32]), times(h, point(key)))
    return len(signature) == 64 and s < Q and (x * w - u * z) % P == 0 and (y * w - v * z) % P == 0


# --- Signed notes, checkpoints and policies (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy). ---

def b64(text):
    raw = base64.b64decode(text, validate=True)
    must(base64.b64encode(raw).decode() == text, "base64 in another form")
    return raw


def read_key(vkey):
    name, key_id, raw = vkey.strip().split("+", 2)
    raw = b64(raw)
    must(sha256(name.encode() + b"\n" + raw)[:4].hex() == key_id, f"the key {name} does not have its id")
    return name, bytes.fromhex(key_id), raw[0], raw[1:]


def read_note(note):
    text, lines = note[:note.rindex(b"\n\n") + 1], note[note.rindex(b"\n\n") + 2:].decode()
    origin, size, root = text.decode().splitlines()
    signatures = []
    for line in lines.splitlines():
        must(line.startswith("\u2014 ") and line.count(" ") == 2, "a line that is no signature")
        raw = b64(line.split(" ")[2])
        signatures.append((line.split(" ")[1], raw[:4], raw[4:]))
    must(lines.endswith("\n") and size == str(int(size)), "a note in another form")
    return text, origin, int(size), b64(root), signatures


def signed(note, vkey):
    """Whether the key signed the note. A line of the key that is wrong spoils the whole note."""
    name, key_id, kind, key = read_key(vkey)
    found = False
    for other, other_id, signature in read_note(note)[4]:
        if (other, other_id) == (name, key_id):
            text = read_note(note)[0]
            if kind == 4:  # A witness signs the time too.
                must(any(signature[:8]), f"{name} signed at no time")
                text = b"cosignature/v1\ntime %d\n" % struct.unpack(">Q", signature[:8]) + text
                signature = signature[8:]
            must(ed25519(key, text, signature), f"the signature of {name} is wrong")
            found = True
    return found


def read_policy(text):
    """Logs, witnesses, groups and quorum of a C2SP tlog-policy. What is not understood is refused, never passed over."""
    logs, witnesses, groups, quorum, used = [], {}, {}, None, set()

    def wanted(holds, line):
        if not holds:
            raise ValueError(f"the policy is refused: {line!r}")

    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        known = {**witnesses, **groups}
        wanted(quorum is None or words[0] != "quorum", line)
        if words[0] == "log" and len(words) in (2, 3):
            wanted(read_key(words[1])[2] == 1, line)
            logs.append(words[1])
        elif words[0] == "witness" and len(words) in (3, 4):
            wanted(words[1] not in known and words[1] != "none", line)
            wanted(read_key(words[2])[2] == 4 and words[2] not in witnesses.values(), line)
            witnesses[words[1]] = words[2]
        elif words[0] == "group" and len(words) > 3:
            needed = {"all": str(len(words) - 3), "any": "1"}.get(words[2], words[2])
            wanted(words[1] not in known and words[1] != "none" and needed.isdigit(), line)
            wanted(0 < int(needed) <= len(words) - 3 and len(set(words[3:])) == len(words) - 3, line)
            wanted(all(name in known and name not in used for name in words[3:]), line)
            used.update(words[3:])
            groups[words[1]] = (int(needed), words[3:])
        elif words[0] == "quorum" and len(words) == 2:
            wanted(words[1] == "none" or words[1] in known, line)
            quorum = words[1]
        else:
            wanted(False, line)
    wanted(quorum is not None, "no quorum")
    return logs, witnesses, groups, quorum


def trusted(note, vkey, policy):
    """Whether a log that is believed signed the note, and enough witnesses did."""
    logs, witnesses, groups, quorum = policy or ([], {}, {}, "none")
    by_log = [signed(note, log) for log in logs + ([vkey] if vkey else []) if read_key(log)[0] == read_note(note)[1]]
    say("PROVEN" if any(by_log) else "NOT KNOWN", "the checkpoint is signed by a log that you believe")
    holds = {name: signed(note, key) for name, key in witnesses.items()}
    count = sum(holds.values())
    for name, (needed, members) in groups.items():
        holds[name] = sum(holds[member] for member in members) >= needed
    if quorum == "none":
        print("no witness is asked for")
    else:
        say("PROVEN" if holds[quorum] else "NOT KNOWN", f"quorum {quorum}: {count} witnesses signed")
    known = {read_key(key)[:2] for key in logs + list(witnesses.values()) + ([vkey] if vkey else [])}
    for name, key_id, _ in read_note(note)[4]:
        if (name, key_id) not in known:
            print(f"a line of {name} {key_id.hex()}, which you did not name, does not count")


# --- The journal: a Merkle tree (RFC 6962). ---

def node(left, right):
    return sha256(b"\1" + left + right)


def included(leaf, index, size, proof, root):
    """RFC 9162, 2.1.3.2."""
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return index < size and sn == 0 and r == root


def consistent(old, old_root, size, root, proof):
    """RFC 9162, 2.1.4.2."""
    if old == size:
        return not proof and old_root == root
    if not 0 < old < size or not proof:
        return False
    proof = [old_root] + proof if old & (old - 1) == 0 else proof
    fn, sn, fr, sr = old - 1, size - 1, proof[0], proof[0]
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == root


def head(files, record, chain, heads):
    """The newest entry of a chain of a record and how many it has, by the map of heads."""
    text = files[f"proof/{record}.{chain}"].decode()
    lines = text.splitlines()
    must(text == "\n".join(lines) + "\n" and lines[:3] == ["muragat/head-proof/1", chain, record], f"heads of {record}")
    index, owners = int(lines[5].split()[1]), int(lines[6].split()[1])
    must(lines[5:7] == [f"index {index}", f"owners {owners}"], f"heads of {record}")
    leaf = sha256(b"\0" + "".join(line + "\n" for line in lines[1:5]).encode())
    root = bytes.fromhex(heads["custody" if chain == "custody" else "readings"])
    must(owners == heads["owners"] and included(leaf, index, owners, [b64(h) for h in lines[7:]], root),
         f"the {chain} of {record} is not under the map of heads")
    return int(lines[3]), None if lines[4] == "-" else int(lines[4])


# --- Evidence records (RFC 4998) and their tokens (RFC 3161). ---

HASHES = {bytes.fromhex("608648016503040201"): "sha256", bytes.fromhex("608648016503040203"): "sha512"}


def der(data):
    """The elements in DER: (tag, contents, the whole)."""
    found, at = [], 0
    while at < len(data):
        tag, length, head = data[at], data[at + 1], 2
        if length & 128:
            head += length & 127
            length = int.from_bytes(data[at + 2:at + head], "big")
        must(at + head + length <= len(data), "DER that is cut off")
        found.append((tag, data[at + head:at + head + length], data[at:at + head + length]))
        at += head + length
    return found


def token_info(token):
    """Algorithm, imprint and time of a token."""
    content = der(der(der(der(token)[0][1])[1][1])[0][1])[2][1]
    info = der(der(der(der(content)[1][1])[0][1])[0][1])
    imprint = der(info[2][1])
    return HASHES[der(imprint[0][1])[0][1]], imprint[1][1], info[4][1].decode()


def fold(lists, algorithm):
    result = []
    for values in lists:
        values = sorted(values + result)
        result = values if len(values) == 1 else [hashlib.new(algorithm, b"".join(values)).digest()]
    return result[0]


def evidence(name, record, objects, material, anchors):
    """That all objects, and nothing else, are what the tokens are over; then the tokens by openssl."""
    chains = [field for field in der(der(record)[0][1]) if field[0] == 0x30][-1][1]
    before, tokens = b"", []
    for chain in der(chains):
        previous = None
        for stamp in der(chain[1]):
            fields = der(stamp[1])
            token = fields[-1][2]
            algorithm, imprint, time = token_info(token)
            lists = [[one[1] for one in der(values[1])] for field in fields if field[0] == 0xA2 for values in der(field[1])]
            digest = lambda data: hashlib.new(algorithm, data).digest()
            if previous is not None:
                wanted = [digest(previous)]
                must(not lists or wanted[0] in lists[0], f"{name}: a renewal of something else")
            else:
                wanted = [digest(data) for data in objects]
                if before:  # A renewal of the hash tree: each digest together with all chains before.
                    length = len(before)
                    size = bytes([length]) if length < 128 else bytes([128 + (length.bit_length() + 7) // 8]) \
                        + length.to_bytes((length.bit_length() + 7) // 8, "big")
                    wanted = [digest(h + digest(b"\x30" + size + before)) for h in wanted]
                must(not lists or sorted(lists[0]) == sorted(wanted), f"{name}: it is over other data")
            must(fold(lists or [wanted], algorithm) == imprint, f"{name}: the hash tree does not lead to the token")
            tokens.append((token, imprint, time))
            previous = token
        before += chain[2]
    known = bool(anchors)
    for at, (token, imprint, _) in enumerate(tokens):
        # Each token is judged as of the next, which proves that it was there then.
        when = tokens[at + 1][2] if at + 1 < len(tokens) else None
        known = known and openssl_token(name, token, imprint, when, material, anchors)
    say("PROVEN" if known else "NOT KNOWN", f"{name}: unchanged since {tokens[0][2]}")


def openssl(*arguments):
    return subprocess.run(("openssl",) + arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def openssl_token(name, token, imprint, when, material, anchors):
    """Whether openssl believes the token, and that no certificate in it was revoked."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "token")
        certificates, lists = os.path.join(folder, "certificates"), os.path.join(folder, "lists")
        open(path, "wb").write(token)
        own = pem = openssl("pkcs7", "-inform", "DER", "-in", path, "-print_certs").stdout
        crls = b""
        for index, data in enumerate(material):
            one = os.path.join(folder, str(index))
            open(one, "wb").write(data)
            for kind, command in (("certificate", "x509"), ("list", "crl")):
                made = openssl(command, "-inform", "DER", "-in", one)
                if made.returncode == 0:
                    pem, crls = (pem + made.stdout, crls) if kind == "certificate" else (pem, crls + made.stdout)
        open(certificates, "wb").write(pem)
        open(lists, "wb").write(crls)
        at = ("-attime", openssl_time(when)) if when else ()
        common = ("-CAfile", anchors, "-untrusted", certificates) + at
        found = openssl("ts", "-verify", "-digest", imprint.hex(), "-token_in", "-in", path, *common)
        if found.returncode:
            print(f"{name}: openssl does not verify the token: {found.stdout.decode().strip()[-200:]}")
            return False
        # Of the certificates in the token also that they were not revoked.
        for own_pem in own.split(b"\n\n"):
            if b"BEGIN" not in own_pem:
                continue
            open(path, "wb").write(own_pem)
            found = openssl("verify", "-crl_check", "-CRLfile", lists, *common, path)
            if found.returncode and b"revoked" in found.stdout:
                raise Changed(f"{name}: the certificate of the authority is revoked")
            if found.returncode:
                print(f"{name}: revocation of the authority: {found.stdout.decode().strip()[-200:]}")
                return False
    return True


def openssl_time(text):
    from datetime import datetime, timezone
    return str(int(datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc).timestamp()))


# --- The bundle. ---

def entries(files, note):
    """Entries of the journal, each with its proof under the checkpoint."""
    _, _, size, root, _ = read_note(note)
    found = {}
    for name in [name for name in files if name.startswith("proof/") and name.endswith(".entry")]:
        index = int(name[6:-6])
        proof = files[f"proof/{index}.tlog-proof"].decode()
        lines, rest = proof.split("\n\n", 1)
        lines = lines.split("\n")
        must(lines[:2] == ["c2sp.org/tlog-proof@v1", f"index {index}"] and rest.encode() == note, f"proof of {name}")
        leaf = sha256(b"\0" + files[name])
        must(included(leaf, index, size, [b64(h) for h in lines[2:]], root), f"{name} is not in the journal")
        found[index] = json.loads(files[name])
    return found


def record_of(files, record, log, arguments, material):
    """A record: what its entries committed to, and since when."""
    inner = members(files[f"records/{record}/record.asice"])
    must(inner.get("mimetype") == b"application/vnd.etsi.asic-e+zip", "no ASiC-E container")
    placed, components = {"mimetype"}, []
    for index, entry in sorted(log.items()):
        if entry.get("rec") != record or "g256" not in entry:
            continue
        metadata = json.loads(inner[f"group-{index}/metadata.json"])
        if "transferred" in metadata:
            say("NOT KNOWN", f"{record}: another archive handed it over; muragat verify --sender-vkey checks what that one proves")
        names = [f"content/{one['path']}" for one in metadata["components"]]
        names += [f"group-{index}/metadata.json", f"group-{index}/salt.bin"]
        for algorithm, field in (("sha256", "g256"), ("sha512", "g512")):
            digests = sorted(hashlib.new(algorithm, inner[name]).digest() for name in names)
            must(hashlib.new(algorithm, b"".join(digests)).hexdigest() == entry[field],
                 f"{record}: entry {index} commits to other content")
        placed.update(names)
        components += metadata["components"]
        number = 1
        while f"META-INF/evidencerecord-{index}-{number}.ers" in inner:
            name = f"META-INF/evidencerecord-{index}-{number}.ers"
            xml = f"META-INF/ASiCEvidenceRecordManifest-{index}-{number}.xml"
            placed.update((name, xml))
            rows = "".join(
                f'<asic:DataObjectReference URI="{quote(one, safe="-._~/")}"><ds:DigestMethod '
                f'Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>'
                f"{base64.b64encode(sha256(inner[one])).decode()}</ds:DigestValue></asic:DataObjectReference>\n"
                for one in sorted(names, key=str.encode))
            must(rows.encode() in inner[xml], f"{xml} lists other data")
            evidence(f"{record} {name}", inner[name], [inner[one] for one in names], material, arguments.tsa_anchors)
            number += 1
        if number == 1:
            say("NOT KNOWN", f"{record}: entry {index} has no time-stamp yet")
    must(placed and set(inner) == placed, f"{record}: files that no entry commits to")
    say("PROVEN", f"{record}: {len(components)} files are what the journal commits to")
    for one in components:
        if one["role"] == "signature":
            document(inner, one, arguments.anchors)


def document(inner, one, anchors):
    """The signature over a document, by openssl. GOST needs its engine."""
    name = "content/" + one["path"]
    if not anchors:
        return say("NOT KNOWN", f"{name}: give --anchors")
    with tempfile.TemporaryDirectory() as folder:
        signature, content = os.path.join(folder, "s"), os.path.join(folder, "c")
        open(signature, "wb").write(inner[name])
        command = ["cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-purpose", "any", "-CAfile", anchors]
        for path in one.get("covers") or [None]:
            extra = []
            if path is not None:
                open(content, "wb").write(inner["content/" + path])
                extra = ["-content", content]
            found = openssl(*command, *extra, "-out", os.devnull)
            say("PROVEN" if found.returncode == 0 else "NOT KNOWN",
                f"{name} over {path or 'its own content'}, by openssl, revocation not asked")


def check(arguments):
    files = members(arguments.raw)
    # 1. Every file but the proofs is in the list, and the list has nothing else.
    names = sorted((name for name in files if name != "SHA256SUMS" and not name.startswith("proof/")), key=str.encode)
    sums = "".join(f"{sha256(files[name]).hex()}  {name}\n" for name in names).encode()
    must(sums == files["SHA256SUMS"], "SHA256SUMS is not the list of the files")
    # 2. The checkpoint is of a log that you believe, and entries are under it.
    note = files["proof/checkpoint"]
    trusted(note, arguments.vkey, arguments.policy)
    must(signed(note, json.loads(files["report.json"])["vkey"]), "the journal did not sign the checkpoint")
    log = entries(files, note)
    say("PROVEN", f"{len(log)} entries are in the journal")
    # 3. One of them commits to the list, and so to every file.
    (bundled,) = [index for index, entry in log.items() if entry["act"] == "inquiry.bundled"]
    act = files[f"proof/{bundled}.document"]
    must(sha256(act).hex() == log[bundled]["doc"], "the act of the bundle is another one")
    act = json.loads(act)
    must(act["sums_sha256"] == sha256(sums).hex(), "the act of the bundle commits to another list")
    say("PROVEN", f"entry {bundled} commits to every file of the bundle")
    # 4. Nothing that was done with a record is left out.
    (mapped,) = [index for index, entry in log.items() if entry["act"] == "heads.mapped"]
    must(mapped > bundled, "the map of heads is older than the bundle")
    shown = {bundled, mapped}
    for index, entry in log.items():
        if entry["act"] == "log.succeeded":  # Entries were lost, and the archive says so.
            shown.add(index)
            lost, name = entry["log"]["size"] - index, entry["log"]["was"].split("+")[0]
            say("NOT KNOWN", f"entry {index}: {lost} entries that {name} signed are lost; what was in them nobody knows")
    for record in act["records"]:
        for chain in ("custody", "reading"):
            count, index = head(files, record, chain, log[mapped]["heads"])
            readings = ("record.read", "record.bundled")
            of_it = {n for n, e in log.items() if e.get("rec") == record and (e["act"] in readings) == (chain == "reading")}
            shown |= of_it
            if chain == "custody":
                walked = 0
                while index is not None:
                    must(index in of_it, f"{record}: entry {index} is left out")
                    before = log[index].get("prev")
                    must(before is None or before < index, f"{record}: entry {index} follows itself")
                    walked, index = walked + 1, before
                must(walked == count, f"{record}: an entry is left out")
                say("PROVEN", f"{record}: all {count} acts of custody before entry {mapped} are here")
            else:
                promised = {"all": count, "count": 0}.get(act["readings"], len(of_it))
                must(len(of_it) == promised, f"{record}: not the readings that the act promises")
                say("PROVEN", f"{record}: {count} readings, {len(of_it)} shown")
    lost = [one for one in json.loads(files["report.json"])["missing"] if one["what"] == "lost"]
    must(len(lost) <= sum(entry["act"] == "log.succeeded" for entry in log.values()), "an entry log.succeeded is left out")
    must(shown == set(log), "entries that belong to no record")
    expected = {f"proof/{n}.{what}" for n in log for what in ("entry", "tlog-proof")} | {"proof/checkpoint"}
    expected |= {f"proof/{r}.{chain}" for r in act["records"] for chain in ("custody", "reading")}
    expected |= {f"proof/{bundled}.document"} | ({"proof/consistency"} if "evidence/checkpoint" in files else set())
    must({name for name in files if name.startswith("proof/")} == expected, "a proof of nothing")
    # 5. The contents, and since when they are so.
    material = [files[name] for name in files if name.startswith("material/")]
    for record in act["records"]:
        record_of(files, record, log, arguments, material)
    if "evidence/checkpoint" in files:
        stamped, now = read_note(files["evidence/checkpoint"]), read_note(note)
        proof = [bytes.fromhex(line) for line in files["proof/consistency"].decode().splitlines()]
        must("".join(h.hex() + "\n" for h in proof).encode() == files["proof/consistency"], "hashes in another form")
        must(consistent(stamped[2], stamped[3], now[2], now[3], proof),
             "the stamped checkpoint is of another journal")
        for name in [name for name in files if name.startswith("evidence/checkpoint-")]:
            evidence(name, files[name], [files["evidence/checkpoint"]], material, arguments.tsa_anchors)
    else:
        say("NOT KNOWN", "the journal was not stamped yet")


def main():
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    parser.add_argument("--vkey")
    for option in ("--policy", "--tsa-anchors", "--anchors"):
        parser.add_argument(option, metavar="FILE")
    arguments = parser.parse_args()
    # What you give is judged before what is checked: a fault here says nothing about the bundle.
    try:
        arguments.raw = open(arguments.bundle, "rb").read()
        if arguments.vkey and os.path.isfile(arguments.vkey):
            arguments.vkey = open(arguments.vkey).read().strip()
        arguments.policy = read_policy(open(arguments.policy).read()) if arguments.policy else None
        kind = read_key(arguments.vkey)[2] if arguments.vkey else 1
        for path in (arguments.tsa_anchors, arguments.anchors):
            open(path or arguments.bundle).close()
        must(kind == 1 and openssl("version").returncode == 0, "no key of a journal, or no openssl")
    except (OSError, ValueError, IndexError, Changed) as what:
        parser.error(str(what))
    try:
        check(arguments)
    except Changed as what:
        print(f"CHANGED: {what}")
        return 6
    except Exception as what:  # Whatever it is, no bundle in its form makes it happen.
        print(f"CHANGED: not a bundle in its form: {type(what).__name__}: {what}")
        return 6
    print("NOT PROVEN: something is not known" if unknown else "PROVEN")
    return 9 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
