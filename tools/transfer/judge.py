"""What tools/transfer/run does once its programs are there. Standard library only; see the head of that file."""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

METS = "METS.xml"
# The one error that no package can avoid: the rule asks for an attribute without a prefix that the METS schema forbids.
UNAVOIDABLE = {"SIP14"}
ALGORITHMS = ("sha256", "sha512")


class Judges:
    """The programs of others. Each says of a package why it refuses, or nothing."""

    def __init__(self, asked):
        self.bags, self.earks = Path(asked.bags), Path(asked.earks)
        self.schemas = Path(asked.schemas)
        self.wanted, self.foreign = asked.profile, asked.foreign
        catalog = self.schemas / "catalog.xml"
        known = {
            "METS": self.schemas / "eark-csip/schema/mets.xsd",
            "PREMIS": self.schemas / "premis/premis-v3-0.xsd",
        }
        self.xsd = {name: path for name, path in known.items() if path.is_file() and catalog.is_file()}
        self.catalog = {**os.environ, "XML_CATALOG_FILES": str(catalog)}
        for name in sorted(set(known) - set(self.xsd)):
            instead = "; eark-validator brings one of its own" if name == "METS" else ""
            print(f"WITHOUT: xmllint with the {name} schema: it is not in {self.schemas}{instead}")

    def names(self, form):
        names = [] if form == "bare" else ["bagit", "profile"]
        names += [] if form == "plain" else ["eark", "xmllint"]
        without = ({"profile"} if self.foreign else set()) | (set() if self.xsd else {"xmllint"})
        return [name for name in names if name not in without]

    def ask(self, name, package, form):
        return getattr(self, name)(package, form)

    def bagit(self, package, _form):
        return said(self.bags / "python", "-m", "bagit", "--quiet", "--validate", package)

    def profile(self, package, _form):
        identifier = json.loads(self.wanted.read_text())["BagIt-Profile-Info"]["BagIt-Profile-Identifier"]
        # The module's own command line would write a log file beside it.
        return said(
            self.bags / "python",
            "-m",
            "bagit_profile",
            "--no-logfile",
            "--report",
            "--file",
            self.wanted,
            identifier,
            package,
        )

    def eark(self, package, form):
        inner = inside(package, form)
        if inner is None:
            return "there is no folder with an E-ARK package"
        run = subprocess.run(
            [self.earks / "python", Path(__file__).with_name("eark.py"), inner], capture_output=True, text=True
        )
        try:
            report = json.loads(run.stdout)
        except ValueError:
            return f"eark-validator did not judge it: {run.stderr[-500:]}"
        errors = [one for one in report["findings"] if one["severity"] == "error" and one["rule"] not in UNAVOIDABLE]
        if errors:
            return "; ".join(f"{one['rule']}: {one['message'][:120]}" for one in errors[:5])
        # A part that was not judged, or is bad without an error that says why, must not pass either.
        good = {"structure": {"WellFormed"}, "schema": {"VALID"}, "schematron": {"VALID"}}
        if any(one["rule"] in UNAVOIDABLE and one["severity"] == "error" for one in report["findings"]):
            good["schematron"] = {"INVALID"}
        bad = {part: status for part, status in report["status"].items() if status not in good.get(part, ())}
        return f"status {bad}" if bad or set(report["status"]) != set(good) else None

    def xmllint(self, package, form):
        inner = inside(package, form)
        if inner is None:
            return "there is no folder with an E-ARK package"
        # What the payload has is not asked: a document may be XML of any kind.
        own = [
            path
            for top in (inner, *sorted(inner.glob("representations/*")))
            for path in (top / METS, *sorted((top / "metadata").rglob("*.xml")))
            if path.is_file()
        ]
        kinds = {"METS": [path for path in own if path.name == METS], "PREMIS": []}
        for path in own:
            with open(path, "rb") as file:
                head = re.sub(rb"<[?!].*?>", b"", file.read(4096), flags=re.S)
            # The first start tag says what it is, whatever the file is called.
            if re.match(rb"[^<]*<([\w.-]+:)?premis[\s>]", head):
                kinds["PREMIS"].append(path)
        for kind, xsd in self.xsd.items():
            files = kinds[kind]
            if not files:
                return f"it has no {kind} file"
            for at in range(0, len(files), 500):
                why = said("xmllint", "--nonet", "--noout", "--schema", xsd, *files[at : at + 500], env=self.catalog)
                if why:
                    return why
        return None


def said(*command, env=None):
    """Nothing when the command ended with 0; otherwise what it said."""
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=env)
    if run.returncode == 0:
        return None
    lines = (run.stdout + run.stderr).splitlines()
    # Without the time and the path, which stand before what it is about.
    lines = [
        re.sub(r"^\S+ \S+ - [A-Z]+ - |\S*/(?=[^/\s]+[\s:])", "", line)
        for line in lines
        if line.strip() and not line.endswith(" validates")
    ]
    return f"({run.returncode}) " + " | ".join(lines[:3])[:600]


def inside(package, form="bag"):
    """The folder of the E-ARK package: the only folder of the payload."""
    if form == "bare":
        return package
    folders = (
        [path for path in sorted((package / "data").iterdir()) if path.is_dir()]
        if (package / "data").is_dir()
        else []
    )
    return folders[0] if len(folders) == 1 else None


def digest(path, algorithm):
    found = hashlib.new(algorithm)
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def seal(bag, kinds=("manifest", "tagmanifest")):
    """Writes the manifests of a bag anew, so that a damage is left to those who read further than digests."""
    payload = sorted(path for path in (bag / "data").rglob("*") if path.is_file())
    info = (bag / "bag-info.txt").read_text()
    total = sum(path.stat().st_size for path in payload)
    (bag / "bag-info.txt").write_text(
        re.sub(r"(?m)^Payload-Oxum: .*$", f"Payload-Oxum: {total}.{len(payload)}", info)
    )
    for kind in kinds:
        for algorithm in ALGORITHMS:
            path = bag / f"{kind}-{algorithm}.txt"
            if path.exists():
                files = (
                    payload
                    if kind == "manifest"
                    else sorted(
                        path
                        for path in bag.rglob("*")
                        if path.is_file()
                        and path.relative_to(bag).parts[0] != "data"
                        and not path.name.startswith("tagmanifest-")
                    )
                )
                path.write_text("".join(f"{digest(f, algorithm)}  {f.relative_to(bag).as_posix()}\n" for f in files))


def rewrite(path, pattern, replace):
    """Changes the first place that the pattern fits, and nothing else. The length stays, where a size is told of it."""
    before = path.read_bytes()
    after, count = re.subn(pattern, replace, before, count=1, flags=re.S)
    assert count == 1 and before != after, f"nothing to damage in {path}: {pattern}"
    path.write_bytes(after)
    return before, after


def follow(folder, before, after):
    """Those METS files of the folder that tell the digest of what was changed tell the new one; and so on upwards."""
    for path in sorted(folder.glob(METS)) + sorted(folder.glob(f"representations/*/{METS}")):
        text = path.read_bytes()
        told = text
        for algorithm in ("md5", "sha1", "sha256", "sha384", "sha512"):
            old, new = (hashlib.new(algorithm, content).hexdigest().encode() for content in (before, after))
            told = told.replace(old, new).replace(old.upper(), new.upper())
        if told != text:
            path.write_bytes(told)
            follow(folder, text, told)


def other_digit(match):
    digit = b"0" if match.group(2) != b"0" else b"1"
    return match.group(1) + digit + match.group(3)


def first(bag, pattern):
    found = sorted(path for path in inside(bag).glob(pattern) if path.is_file())
    assert found, f"no {pattern}"
    return found[0]


def premis_of(bag):
    """The PREMIS file of the first representation that has one with a fixity; of the package otherwise."""
    for path in sorted(inside(bag).glob("representations/*/metadata/**/*.xml")) + sorted(
        inside(bag).glob("metadata/**/*.xml")
    ):
        if b"messageDigest>" in path.read_bytes():
            return path
    raise AssertionError("no PREMIS file with a fixity")


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


# What must be refused, and by whom. Each takes the copy of a bag and damages it.
def payload_byte_changed(bag):
    flip(first(bag, "representations/*/data/**/*"))


def file_removed(bag):
    first(bag, "representations/*/data/**/*").unlink()
    # The number of files is right: the list must tell.
    seal(bag, ["tagmanifest"])


def file_added(bag):
    (first(bag, "representations/*/data/**/*").parent / "added.txt").write_text("added\n")
    seal(bag, ["tagmanifest"])


def tag_file_changed(bag):
    info = bag / "bag-info.txt"
    info.write_text(re.sub(r"(?m)^(Source-Organization: .*)$", r"\1 changed", info.read_text()))


def tag_left_out(bag):
    info = bag / "bag-info.txt"
    info.write_text(re.sub(r"(?m)^Source-Organization: .*\n", "", info.read_text()))
    seal(bag)


def role_misspelt(bag):
    rewrite(inside(bag) / METS, rb'ROLE="CREATOR"', b'ROLE="CREATER"')
    seal(bag)


def premis_without_identifier(bag):
    path = premis_of(bag)
    before, after = rewrite(path, rb"<((?:[\w.-]+:)?)objectIdentifier>.*?</\1objectIdentifier>", b"")
    follow(inside(bag), before, after)
    seal(bag)


def mets_missing(bag):
    (inside(bag) / METS).unlink()
    seal(bag)


# The damage, who refuses, and by which words: another reason would be another damage.
DAMAGES = [
    (payload_byte_changed, "bagit", r"sha(256|512) validation failed: expected="),
    (file_removed, "bagit", r"is in manifest but not|exists in manifest but was not found"),
    (file_added, "bagit", r"exists on filesystem but is not in"),
    (tag_file_changed, "bagit", r"bag-info\.txt"),
    (tag_left_out, "profile", r"Required tag 'Source-Organization'"),
    (role_misspelt, "xmllint", r"ROLE.*CREATER"),
    (premis_without_identifier, "xmllint", r"Expected is .*objectIdentifier"),
    (mets_missing, "eark", r"CSIPSTR4"),
]


# What none of them finds.
def objid_is_not_the_folder(bag):
    rewrite(inside(bag) / METS, rb'( OBJID="[^"]*)([^"])(")', other_digit)
    seal(bag)


def representation_mets_missing(bag):
    first(bag, f"representations/*/{METS}").unlink()
    seal(bag)


def mets_checksum_is_not_the_file(bag):
    path = first(bag, f"representations/*/{METS}")
    before, after = rewrite(path, rb'( CHECKSUM="[0-9A-Fa-f]+)([0-9A-Fa-f])(")', other_digit)
    follow(inside(bag), before, after)
    seal(bag)


def root_mets_is_not_the_representation(bag):
    path = first(bag, f"representations/*/{METS}")
    # Sound in itself, of the same length, and not the file that the METS of the package tells of.
    rewrite(path, rb'( CREATEDATE="\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d)(\d)(\D)', other_digit)
    seal(bag)


def premis_fixity_is_not_the_manifest(bag):
    path = premis_of(bag)
    before, after = rewrite(path, rb"(messageDigest>\s*[0-9A-Fa-f]+)([0-9A-Fa-f])(\s*<)", other_digit)
    follow(inside(bag), before, after)
    seal(bag)


def manifests_differ(bag):
    path = bag / "manifest-sha512.txt"
    path.write_text(path.read_text().split("\n", 1)[1])
    seal(bag, ["tagmanifest"])


# The fault, and the checks of `muragat verify` that must fail; others would be another fault.
FAULTS = [
    (objid_is_not_the_folder, {"structure"}),
    (representation_mets_missing, {"structure", "references", "unlisted"}),
    (mets_checksum_is_not_the_file, {"references"}),
    (root_mets_is_not_the_representation, {"references"}),
    (premis_fixity_is_not_the_manifest, {"preservation"}),
    (manifests_differ, {"manifests"}),
]


def main():
    parser = argparse.ArgumentParser(prog="tools/transfer/run")
    for hidden in ("--bags", "--earks", "--schemas"):
        parser.add_argument(hidden, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--form", choices=("bag", "bare", "plain"), default="bag")
    parser.add_argument(
        "--foreign", action="store_true", help="another program made it: our profile is not asked for"
    )
    parser.add_argument("--profile", type=Path, default=Path(__file__).parents[2] / "schema/transfer/1/bagit-profile.json")
    parser.add_argument("--no-damage", action="store_true", help="only judge")
    parser.add_argument("--muragat", help="the program whose `verify` must find what nobody else finds")
    parser.add_argument("--keep", type=Path, help="where damaged copies stay")
    parser.add_argument("packages", nargs="+", type=Path, metavar="PACKAGE")
    asked = parser.parse_args()
    judges, bad = Judges(asked), []

    def wrong(what):
        bad.append(what)
        print(f"WRONG {what}")

    def ours(package):
        """What the program says: the checks that fail, none when the package is whole."""
        run = subprocess.run([asked.muragat, "verify", "--json", str(package)], capture_output=True, text=True)
        try:
            found = json.loads(run.stdout)["package"]["findings"]
        except (ValueError, KeyError):
            wrong(f"{package}: muragat verify ends with {run.returncode}: {run.stderr[-300:]}")
            return {"unreadable"}
        bad = {one["check"] for one in found if one["outcome"] == "failed"}
        unknown = [one for one in found if one["outcome"] == "undecided"]
        # It must be able to judge all of it.
        if run.returncode != (6 if bad else 0) or (unknown and not bad):
            wrong(f"{package}: muragat verify ends with {run.returncode}: {bad} {unknown[:3]}")
        return bad

    for package in asked.packages:
        package = package.absolute()
        if not package.is_dir():
            parser.error(f"{package} is no folder")
        for name in judges.names(asked.form):
            why = judges.ask(name, package, asked.form)
            wrong(f"{package.name}: {name} refuses: {why}") if why else print(f"{package.name}: {name} accepts")
        if asked.muragat and (why := ours(package)):
            wrong(f"{package.name}: muragat verify refuses: {why}")
        elif asked.muragat:
            print(f"{package.name}: muragat verify accepts")
        if asked.no_damage or asked.form != "bag":
            continue
        with tempfile.TemporaryDirectory() as work:
            shelf = asked.keep / package.name if asked.keep else Path(work)

            def copy(damage):
                # The folder keeps its name: some look at it.
                target = shelf / damage.__name__.replace("_", "-") / package.name
                shutil.rmtree(target.parent, ignore_errors=True)
                shutil.copytree(package, target)
                damage(target)
                return target

            for damage, judge, words in DAMAGES:
                if judge == "profile" and asked.foreign:
                    continue
                what, target = damage.__name__.replace("_", " "), copy(damage)
                if judge not in judges.names("bag"):
                    print(f"WITHOUT: {judge}, which has to find: {what}")
                elif (why := judges.ask(judge, target, "bag")) and not re.search(words, why):
                    wrong(f"{package.name}: {what}: {judge} refuses for another reason: {why}")
                elif why:
                    print(f"{package.name}: {what}: {judge} refuses: {why[:100]}")
                else:
                    wrong(f"{package.name}: {what}: {judge} accepts")
                if asked.muragat and not ours(target):
                    wrong(f"{package.name}: {what}: muragat verify accepts")
            for fault, checks in FAULTS:
                if fault is manifests_differ and not (package / "manifest-sha256.txt").exists():
                    continue  # The only manifest: bagit-python would find it.
                what, target = fault.__name__.replace("_", " "), copy(fault)
                for name in judges.names("bag"):
                    if why := judges.ask(name, target, "bag"):
                        # Then it is another fault than meant, or a validator has learnt to find it.
                        wrong(f"{package.name}: {what}: {name} refuses it now: {why}")
                if not asked.muragat:
                    print(f"{package.name}: {what}: accepted by all; for `muragat verify` to find")
                elif (failing := ours(target)) == checks:
                    print(f"{package.name}: {what}: muragat verify refuses: {', '.join(sorted(failing))}")
                else:
                    wrong(f"{package.name}: {what}: muragat verify finds {failing or 'nothing'}, not {checks}")
    print(f"transfer: {len(asked.packages)} packages, {len(bad)} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
