#!/usr/bin/env python3
"""Writes a transfer package as another program would: an E-ARK CSIP 2.1 package in a BagIt 1.0 bag.

Usage: fixture.py DOCUMENTS OUT [--type SIP|AIP] [--unicode]

Nothing in it is like what Muragat writes, and all of it is within the specifications: prefixed elements, records as
folders of one representation and a second representation derived from them, descriptive metadata inside the METS file
and a logical map over it, hrefs with percent signs, SHA-512 only and in capitals, times with an offset, PREMIS with
UUIDs and several files, folded lines in bag-info.txt, tag files of its own. The same DOCUMENTS give the same bytes.

A file NAME.p7s, NAME.sig, NAME.cer, NAME.ocsp or NAME.crl in DOCUMENTS goes with the document NAME. With --unicode the
first document has a Kazakh name. Prints the folder of the bag. Standard library of Python 3.9 or later.
"""
import argparse
import hashlib
import sys
import unicodedata
import uuid
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

WHEN = "2026-03-02T09:15:00+05:00"
SPACE = uuid.UUID("7b0f6c1e-54b5-4f0c-9d0e-2f6f4f5a9c11")
COMPANIONS = {
    ".p7s": "application/pkcs7-signature",
    ".sig": "application/pkcs7-signature",
    ".cer": "application/pkix-cert",
    ".crl": "application/pkix-crl",
    ".ocsp": "application/ocsp-response",
}
# Not from the tables of the machine: those differ.
KINDS = {
    ".doc": ("application/msword", "fmt/40"),
    ".pdf": ("application/pdf", "fmt/276"),
    ".rtf": ("application/rtf", "fmt/355"),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "fmt/412"),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "fmt/214"),
    ".jpg": ("image/jpeg", "fmt/43"),
    ".tif": ("image/tiff", "fmt/353"),
    ".zip": ("application/zip", "x-fmt/263"),
    ".txt": ("text/plain", "x-fmt/111"),
    ".xml": ("application/xml", "fmt/101"),
}
METS_NS = (
    'xmlns:mets="http://www.loc.gov/METS/" xmlns:xl="http://www.w3.org/1999/xlink" '
    'xmlns:c="https://DILCIS.eu/XML/METS/CSIPExtensionMETS" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


def ident(*words):
    return str(uuid.uuid5(SPACE, "/".join(map(str, words))))


def xid(*words):
    return "uuid-" + ident(*words).upper()


def kind_of(path):
    suffix = Path(path).suffix.lower()
    return COMPANIONS.get(suffix) or KINDS.get(suffix, ("application/octet-stream", "UNKNOWN"))[0]


def fixity(content):
    return hashlib.sha512(content).hexdigest().upper()


class Package:
    def __init__(self, out, name, package_type):
        self.bag, self.name, self.type = out / f"bag_{name}", name, package_type
        self.files = {}

    def put(self, path, content):
        """Into the E-ARK package. Gives the attributes by which a METS file refers to it."""
        content = content.encode() if isinstance(content, str) else content
        self.files[f"data/{self.name}/{path}"] = content
        return (
            f'CHECKSUMTYPE="SHA-512" CHECKSUM="{fixity(content)}" CREATED="{WHEN}" '
            f'MIMETYPE="{kind_of(path)}" SIZE="{len(content)}"'
        )

    def write(self, info):
        manifest = "".join(
            f"{hashlib.sha512(c).hexdigest()} {p}\n" for p, c in sorted(self.files.items(), reverse=True)
        )
        oxum = f"{sum(map(len, self.files.values()))}.{len(self.files)}"
        tags = {
            "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            "bag-info.txt": info + f"Payload-Oxum: {oxum}\n",
            "manifest-sha512.txt": manifest,
            "about/program.txt": "Kenes EDMS 11.2\n",
        }
        tags["tagmanifest-sha512.txt"] = "".join(
            f"{hashlib.sha512(text.encode()).hexdigest()}  {path}\n" for path, text in sorted(tags.items())
        )
        for path, content in [*self.files.items(), *((path, text.encode()) for path, text in tags.items())]:
            target = self.bag / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def opening(objid, label, package_type, representation):
    profile = (
        "https://earksip.dilcis.eu/profile/E-ARK-SIP.xml"
        if package_type == "SIP"
        else "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml"
    )
    level = (
        'c:CONTENTINFORMATIONTYPE="MIXED"'
        if not representation
        else 'c:CONTENTINFORMATIONTYPE="OTHER" c:OTHERCONTENTINFORMATIONTYPE="Kenes record folders"'
    )
    return f"""<?xml version='1.0' encoding='UTF-8' standalone='yes'?>
<!-- Kenes export -->
<mets:mets {METS_NS}
    PROFILE="{profile}" {level}
    TYPE="Textual works – Digital" OBJID="{objid}" LABEL={quoteattr(label)}>
  <mets:metsHdr LASTMODDATE="{WHEN}" CREATEDATE="{WHEN}" c:OAISPACKAGETYPE="{package_type}">
    <mets:agent TYPE="ORGANIZATION" ROLE="ARCHIVIST">
      <mets:name>Аудан әкімінің аппараты</mets:name>
      <mets:note c:NOTETYPE="IDENTIFICATIONCODE">KZ-071240</mets:note>
    </mets:agent>
    <mets:agent OTHERTYPE="SOFTWARE" TYPE="OTHER" ROLE="CREATOR">
      <mets:name>Kenes EDMS</mets:name>
      <mets:note c:NOTETYPE="SOFTWARE VERSION">11.2</mets:note>
    </mets:agent>
    <mets:metsDocumentID>METS.xml</mets:metsDocumentID>
  </mets:metsHdr>
"""


def href(path):
    return f'LOCTYPE="URL" xl:href="{quote(path)}" xl:type="simple"'


def premis(objects, events, agents):
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<premis:premis version=\"3.0\" xmlns:premis=\"http://www.loc.gov/premis/v3\""
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        + "".join(objects)
        + "".join(events)
        + "".join(agents)
        + "</premis:premis>\n"
    )


def p(name, *inner):
    return f"<premis:{name}>{''.join(inner)}</premis:{name}>"


def p_id(what, value):
    return p(f"{what}Identifier", p(f"{what}IdentifierType", "UUID"), p(f"{what}IdentifierValue", value))


def p_file(identity, path, name, content):
    registry = KINDS.get(Path(path).suffix.lower(), ("", ""))[1]
    return (
        '<premis:object xsi:type="premis:file">'
        + p_id("object", identity)
        + p(
            "objectCharacteristics",
            p("compositionLevel", "0"),
            p(
                "fixity",
                p("messageDigestAlgorithm", "SHA-512"),
                p("messageDigest", fixity(content)),
                p("messageDigestOriginator", "Kenes EDMS"),
            ),
            p("size", str(len(content))),
            p(
                "format",
                p("formatDesignation", p("formatName", kind_of(path))),
                (
                    p("formatRegistry", p("formatRegistryName", "PRONOM"), p("formatRegistryKey", registry))
                    if registry
                    else ""
                ),
            ),
        )
        + p("originalName", escape(name))
        + p(
            "storage",
            p("contentLocation", p("contentLocationType", "relative path"), p("contentLocationValue", escape(path))),
        )
        + "</premis:object>\n"
    )


def p_event(identity, kind, about, agent):
    return (
        p(
            "event",
            p_id("event", identity),
            p("eventType", kind),
            p("eventDateTime", WHEN),
            p("eventOutcomeInformation", p("eventOutcome", "success")),
            p_id("linkingAgent", agent),
            *(p_id("linkingObject", one) for one in about),
        )
        + "\n"
    )


AGENT = ident("agent", "kenes")


def p_agent():
    return p("agent", p_id("agent", AGENT), p("agentName", "Kenes EDMS"), p("agentType", "software")) + "\n"


def representation(package, name, records, derived_from=None):
    """One representation with all records, each in a folder. Gives the reference to its METS file."""
    place = f"representations/{name}"
    objects, events, sections, groups, logical = [], [], [], [], []
    for number, (title, members) in enumerate(records, 1):
        folder, files = f"data/rec_{number:03}", []
        for real, stored, content in members:
            path = f"{folder}/{stored}"
            told = package.put(f"{place}/{path}", content)
            identity = ident(name, path)
            # The object's UUID is the OWNERID here: one of several ways to lead from METS to PREMIS.
            files.append(
                f'        <mets:file OWNERID="{identity}" {told} ID="{xid(name, path)}">\n'
                f"          <mets:FLocat {href(path)}/>\n        </mets:file>\n"
            )
            objects.append(p_file(identity, path, real, content))
        events.append(
            p_event(
                ident(name, number, "event"),
                "transfer" if derived_from is None else "migration",
                [ident(name, f"{folder}/{stored}") for _, stored, _ in members],
                AGENT,
            )
        )
        sections.append(
            f'  <mets:dmdSec CREATED="{WHEN}" STATUS="CURRENT" ID="{xid(name, number, "dmd")}">\n'
            '    <mets:mdWrap MDTYPE="DC"><mets:xmlData>\n'
            f'      <dc:record xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title>'
            f"<dc:identifier>K-{number}/2026</dc:identifier><dc:date>2026-01-{number % 28 + 1:02}</dc:date>"
            "<dc:creator>Аудан әкімінің аппараты</dc:creator><dc:type>Хат</dc:type></dc:record>\n"
            "    </mets:xmlData></mets:mdWrap>\n  </mets:dmdSec>\n"
        )
        groups.append(
            f'      <mets:fileGrp ID="{xid(name, number, "grp")}" USE="Data/rec_{number:03}">\n'
            f'{"".join(files)}      </mets:fileGrp>\n'
        )
        logical.append(
            f'      <mets:div TYPE="record" LABEL={quoteattr(title)} '
            f'DMDID="{xid(name, number, "dmd")}" ID="{xid(name, number, "log")}">\n'
            + "".join(
                f'        <mets:fptr FILEID="{xid(name, f"{folder}/{stored}")}"/>\n' for _, stored, _ in members
            )
            + "      </mets:div>\n"
        )
    preserved = package.put(f"{place}/metadata/preservation/premis_{name}.xml", premis(objects, events, [p_agent()]))
    text = opening(name, f"{name} of {package.name}", package.type, True) + "".join(sections)
    text += (
        f'  <mets:amdSec ID="{xid(name, "amd")}">\n    <mets:digiprovMD STATUS="CURRENT" ID="{xid(name, "premis")}">\n'
        f'      <mets:mdRef MDTYPE="PREMIS" {href(f"metadata/preservation/premis_{name}.xml")} {preserved}/>\n'
        "    </mets:digiprovMD>\n  </mets:amdSec>\n"
        f'  <mets:fileSec ID="{xid(name, "files")}">\n    <mets:fileGrp ID="{xid(name, "data")}" USE="Data" '
        f'c:CONTENTINFORMATIONTYPE="OTHER" c:OTHERCONTENTINFORMATIONTYPE="Kenes record folders">\n'
        f'{"".join(groups)}    </mets:fileGrp>\n  </mets:fileSec>\n'
        f'  <mets:structMap LABEL="CSIP" TYPE="PHYSICAL" ID="{xid(name, "map")}">\n'
        f'    <mets:div LABEL="{name}" ID="{xid(name, "top")}">\n'
        f'      <mets:div LABEL="Metadata" ADMID="{xid(name, "premis")}" ID="{xid(name, "md")}"/>\n'
        f'      <mets:div LABEL="Data" ID="{xid(name, "dat")}"><mets:fptr FILEID="{xid(name, "data")}"/></mets:div>\n'
        "    </mets:div>\n  </mets:structMap>\n"
        f'  <mets:structMap TYPE="LOGICAL" LABEL="Records">\n    <mets:div LABEL="Records">\n'
        f'{"".join(logical)}    </mets:div>\n  </mets:structMap>\n</mets:mets>\n'
    )
    return package.put(f"{place}/METS.xml", text)


def records_of(folder, unicode):
    """Documents with what goes with them: a title and (real name, stored name, content) of each member."""
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    names = {path.name for path in paths}
    records = []
    for path in paths:
        if path.suffix in COMPANIONS and path.stem in names:
            continue
        real = f"Өтініш үлгісі №1{path.suffix}" if unicode and not records else path.name
        real = unicodedata.normalize("NFC", real)
        stored = real if unicode and not records else f"main document {len(records) + 1}{path.suffix}"
        members = [(real, stored, path.read_bytes())]
        for other in paths:
            if other.suffix in COMPANIONS and other.stem == path.name:
                members.append((real + other.suffix, stored + other.suffix, other.read_bytes()))
        records.append((f"{Path(real).stem} — құжат", members))
    return records


def make(documents, out, package_type, unicode):
    records = records_of(documents, unicode)
    if not records:
        sys.exit(f"{documents} has no files")
    name = "KMG.2026_" + ident(package_type, unicode, *(fixity(m[2]) for _, members in records for m in members))[:8]
    package = Package(out, name, package_type)
    listed = [("Readme", f"{title} ({len(members)})\n".encode()) for title, members in records]
    derived = [
        (title, [(f"{members[0][0]}.txt", "rendition.txt", f"{title}\nSHA-512 {fixity(members[0][2])}\n".encode())])
        for title, members in records
    ]
    representations = {
        "submission": representation(package, "submission", records),
        "access-2026": representation(package, "access-2026", derived, "submission"),
    }
    whole = premis(
        [f'<premis:object xsi:type="premis:intellectualEntity">{p_id("object", ident(name))}</premis:object>\n'],
        [p_event(ident(name, "packed"), "packing", [ident(name)], AGENT)],
        [p_agent()],
    )
    ead = (
        "<?xml version='1.0' encoding='UTF-8'?>\n<dc:collection xmlns:dc=\"http://purl.org/dc/elements/1.1/\">"
        + "".join(f"<dc:title>{escape(title)}</dc:title>" for title, _ in records)
        + "</dc:collection>\n"
    )
    described = package.put("metadata/descriptive/list of records.xml", ead)
    preserved = package.put("metadata/preservation/premis_package.xml", whole)
    readme = package.put("documentation/read me.txt", b"".join(text for _, text in listed))
    schema = package.put("schemas/kenes.xml", "<?xml version='1.0'?>\n<kenes version=\"11\"/>\n")
    other = 'c:CONTENTINFORMATIONTYPE="OTHER" c:OTHERCONTENTINFORMATIONTYPE='
    groups = [("Schemas", "schemas/kenes.xml", schema), ("Documentation", "documentation/read me.txt", readme)]
    groups += [
        (f"Representations/{one}", f"representations/{one}/METS.xml", told) for one, told in representations.items()
    ]
    text = opening(name, "Хаттар, 2026", package_type, False)
    text += (
        f'  <mets:dmdSec STATUS="CURRENT" CREATED="{WHEN}" ID="{xid("dmd")}">\n'
        f'    <mets:mdRef MDTYPE="DC" {href("metadata/descriptive/list of records.xml")} {described}/>\n  </mets:dmdSec>\n'
        f'  <mets:amdSec>\n    <mets:digiprovMD ID="{xid("premis")}" STATUS="CURRENT">\n'
        f'      <mets:mdRef {href("metadata/preservation/premis_package.xml")} MDTYPE="PREMIS" {preserved}/>\n'
        f'    </mets:digiprovMD>\n  </mets:amdSec>\n  <mets:fileSec ID="{xid("files")}">\n'
    )
    for use, path, told in groups:
        text += (
            f'    <mets:fileGrp {other}"Kenes {escape(use.split("/")[0])}" USE="{use}" ID="{xid(use)}">\n'
            f'      <mets:file {told} ID="{xid(path)}"><mets:FLocat {href(path)}/></mets:file>\n    </mets:fileGrp>\n'
        )
    text += (
        f'  </mets:fileSec>\n  <mets:structMap LABEL="CSIP" TYPE="PHYSICAL" ID="{xid("map")}">\n'
        f'    <mets:div LABEL="{name}" ID="{xid("top")}">\n'
        f'      <mets:div LABEL="Representations" ID="{xid("reps")}">\n'
        + "".join(f'        <mets:fptr FILEID="{xid(f"Representations/{one}")}"/>\n' for one in representations)
        + "".join(
            f'        <mets:div LABEL="Representations/{one}" ID="{xid("div", one)}">\n'
            f'          <mets:mptr {href(f"representations/{one}/METS.xml")} xl:title="{xid(f"Representations/{one}")}"/>\n'
            "        </mets:div>\n"
            for one in representations
        )
        + "      </mets:div>\n"
        f'      <mets:div LABEL="Schemas" ID="{xid("sch")}"><mets:fptr FILEID="{xid("Schemas")}"/></mets:div>\n'
        f'      <mets:div LABEL="Documentation" ID="{xid("doc")}"><mets:fptr FILEID="{xid("Documentation")}"/></mets:div>\n'
        f'      <mets:div LABEL="Metadata" DMDID="{xid("dmd")}" ADMID="{xid("premis")}" ID="{xid("md")}"/>\n'
        "    </mets:div>\n  </mets:structMap>\n</mets:mets>\n"
    )
    package.put("METS.xml", text)
    package.write(
        "Source-Organization: Аудан әкімінің аппараты\nContact-Name: мұрағатшы\nBagging-Date: 2026-03-02\n"
        f"External-Identifier: {name}\nExternal-Description: Хаттар мен өтініштер, 2026 жыл, екінші\n"
        "  тізімдеме бойынша\nBag-Count: 1 of 1\n"
    )
    return package.bag


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("documents", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--type", choices=("SIP", "AIP"), default="SIP")
    parser.add_argument("--unicode", action="store_true")
    asked = parser.parse_args()
    print(make(asked.documents, asked.out, asked.type, asked.unicode))
