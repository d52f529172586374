#!/usr/bin/env python3
"""Writes a package as Muragat lays it out, with made-up contents: model.py OUT RECORDS [DOCUMENTS]

A model of layout and of streaming, not of proofs: what stands in metadata/other/ has the right names and sizes only.
Written in one pass over the records: of each stay 200 bytes until the METS file of the package. Prints the folder of the
bag, and to stderr what it cost. Standard library of Python 3.9 or later.
"""

import hashlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from xml.sax.saxutils import quoteattr as q, escape as e

# What lxml reads of a file at once (__ITERPARSE_CHUNK_SIZE).
PIECE = 32768
NOW = "2026-11-23T10:00:00Z"
KIND = 'csip:CONTENTINFORMATIONTYPE="OTHER" csip:OTHERCONTENTINFORMATIONTYPE='
NS = (
    'xmlns="http://www.loc.gov/METS/" xmlns:csip="https://DILCIS.eu/XML/METS/CSIPExtensionMETS" '
    'xmlns:xlink="http://www.w3.org/1999/xlink"'
)
TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "json": "application/json",
    "xml": "application/xml",
    "p7s": "application/pkcs7-signature",
    "cer": "application/pkix-cert",
    "ors": "application/ocsp-response",
    "bin": "application/octet-stream",
    "txt": "text/plain",
    "jsonl": "application/json-seq",
    "doc": "application/msword",
    "rtf": "application/rtf",
}


class Bag:
    """Writes each file once; its digests go straight into the manifests."""

    def __init__(self, folder):
        self.folder, self.bytes, self.files = folder, 0, 0
        folder.mkdir(parents=True)
        self.manifests = {name: open(folder / f"manifest-{name}.txt", "w") for name in ("sha256", "sha512")}

    def put(self, path, content):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        told = {}
        for name, manifest in self.manifests.items():
            told[name] = hashlib.new(name, content).hexdigest()
            manifest.write(f"{told[name]}  {path}\n")
        self.bytes, self.files = self.bytes + len(content), self.files + 1
        return {"size": len(content), **told}

    def close(self, info):
        for manifest in self.manifests.values():
            manifest.close()
        (self.folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        info["Payload-Oxum"] = f"{self.bytes}.{self.files}"
        (self.folder / "bag-info.txt").write_text("".join(f"{k}: {v}\n" for k, v in info.items()), encoding="utf-8")
        tags = sorted(p for p in self.folder.iterdir() if p.is_file())
        for name in ("sha256", "sha512"):
            text = "".join(f"{hashlib.new(name, p.read_bytes()).hexdigest()}  {p.name}\n" for p in tags)
            (self.folder / f"tagmanifest-{name}.txt").write_text(text)


def reference(path, told, extra=""):
    """The attributes that a reference to a file has everywhere."""
    kind = TYPES[path.rsplit(".", 1)[1]]
    return (
        f'MIMETYPE="{kind}" SIZE="{told["size"]}" CREATED="{NOW}" CHECKSUM="{told["sha256"]}" '
        f'CHECKSUMTYPE="SHA-256"{extra}'
    )


def located(path, title=None):
    return f'LOCTYPE="URL" xlink:type="simple" xlink:href="{path}"' + (f" xlink:title={q(title)}" if title else "")


def md(section, number, path, told, mdtype):
    """A section of metadata that lies in a file of its own: dmdSec, digiprovMD or rightsMD."""
    kind, _, other = mdtype.partition(":")
    other = f' OTHERMDTYPE="{other}"' if other else ""
    ref = f'<mdRef ID="{number}-ref" {located(path)} MDTYPE="{kind}"{other} {reference(path, told)}/>'
    created = f' CREATED="{NOW}"' if section == "dmdSec" else ""
    return f'<{section} ID="{number}"{created} STATUS="CURRENT">{ref}</{section}>\n'


def head(objid, label, package_type, alternatives=""):
    profile = "https://earksip.dilcis.eu/profile/E-ARK-SIP.xml"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<mets {NS} OBJID="{objid}" LABEL={q(label)} TYPE="Mixed" '
        f'{KIND}"muragat-transfer-1" PROFILE="{profile}">\n'
        f'<metsHdr CREATEDATE="{NOW}" LASTMODDATE="{NOW}" RECORDSTATUS="NEW" csip:OAISPACKAGETYPE="{package_type}">\n'
        '<agent ROLE="CREATOR" TYPE="OTHER" OTHERTYPE="SOFTWARE"><name>Muragat</name>'
        '<note csip:NOTETYPE="SOFTWARE VERSION">0.8.0</note></agent>\n'
        '<agent ROLE="ARCHIVIST" TYPE="ORGANIZATION"><name>Қаланың әкімдігі</name>'
        '<note csip:NOTETYPE="IDENTIFICATIONCODE">AGENCY-01</note></agent>\n'
        '<agent ROLE="PRESERVATION" TYPE="ORGANIZATION"><name>Мемлекеттік архив</name>'
        '<note csip:NOTETYPE="IDENTIFICATIONCODE">STATE-01</note></agent>\n'
        f"{alternatives}</metsHdr>\n"
    )


def premis(objects, events, agents):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<premis xmlns="http://www.loc.gov/premis/v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0">\n'
        + "".join(objects)
        + "".join(events)
        + "".join(agents)
        + "</premis>\n"
    ).encode()


def identified(what, kind, value):
    return f"<{what}Identifier><{what}IdentifierType>{kind}</{what}IdentifierType><{what}IdentifierValue>{value}</{what}IdentifierValue></{what}Identifier>"


def premis_file(path, original, told, name, key):
    fixity = "".join(
        f"<fixity><messageDigestAlgorithm>{a}</messageDigestAlgorithm><messageDigest>{told[n]}</messageDigest></fixity>"
        for a, n in (("SHA-256", "sha256"), ("SHA-512", "sha512"))
    )
    registry = (
        f"<formatRegistry><formatRegistryName>PRONOM</formatRegistryName><formatRegistryKey>{key}</formatRegistryKey></formatRegistry>"
        if key
        else ""
    )
    return (
        f'<object xsi:type="file">{identified("object", "path", path)}<objectCharacteristics>'
        f'<compositionLevel>0</compositionLevel>{fixity}<size>{told["size"]}</size><format><formatDesignation><formatName>{e(name)}</formatName>'
        f"</formatDesignation>{registry}</format></objectCharacteristics><originalName>{e(original)}</originalName></object>\n"
    )


def event(number, kind, entry, record, outcome="success"):
    return (
        f'<event>{identified("event", "muragat-log-entry", entry)}<eventType>{kind}</eventType>'
        f"<eventDateTime>{NOW}</eventDateTime><eventDetailInformation><eventDetail>act {number}</eventDetail></eventDetailInformation>"
        f"<eventOutcomeInformation><eventOutcome>{outcome}</eventOutcome></eventOutcomeInformation>"
        f'{identified("linkingAgent", "muragat-actor", "a0")}{identified("linkingObject", "muragat-record", record)}</event>\n'
    )


AGENTS = [
    f'<agent>{identified("agent", "muragat-actor", "a0")}<agentName>officer a0</agentName><agentType>person</agentType></agent>\n',
    f'<agent>{identified("agent", "software", "muragat")}<agentName>Muragat</agentName><agentType>software</agentType>'
    "<agentVersion>0.8.0</agentVersion></agent>\n",
]


def record(bag, base, number, documents):
    """One record: a representation that stands for itself. Gives what the METS file of the package says of it."""
    name = hashlib.sha256(f"record {number}".encode()).hexdigest()[:32]
    place = f"{base}/representations/{name}"
    original, document = documents[number % len(documents)]
    suffix = original.rsplit(".", 1)[-1].lower()
    suffix = suffix if suffix in TYPES else "bin"
    card = json.dumps({"number": f"{number}-К"}, ensure_ascii=False).encode()
    # Components in the order of the manifest: data/0001 is manifest.components[0].
    components = [
        (original, document, suffix, "document"),
        ("card.json", card, "json", "card"),
        (f"{original}.p7s", os.urandom(1800), "p7s", "signature"),
        ("signer.cer", os.urandom(900), "cer", "certificate"),
        ("muragat/validation.json", card * 90, "json", "validation"),
        ("muragat/receipt.json", card * 40, "json", "receipt"),
        ("muragat/receipt.json.p7s", os.urandom(1800), "p7s", "signature"),
        ("muragat/ocsp.ors", os.urandom(1500), "ors", "revocation"),
    ]
    files, objects = [], []
    for index, (real, content, ending, role) in enumerate(components, 1):
        path = f"data/{index:04}.{ending}"
        told = bag.put(f"{place}/{path}", content)
        files.append(f'<file ID="f{index:04}" {reference(path, told)}><FLocat {located(path, real)}/></file>\n')
        objects.append(premis_file(path, real, told, ending.upper(), "fmt/412" if ending == "docx" else None))
    relation = "".join(
        f"<relationship><relationshipType>structural</relationshipType><relationshipSubType>has part</relationshipSubType>"
        f'{identified("relatedObject", "path", f"data/{i:04}.{c[2]}")}</relationship>'
        for i, c in enumerate(components, 1)
    )
    objects.insert(
        0, f'<object xsi:type="representation">{identified("object", "muragat-record", name)}{relation}</object>\n'
    )
    events = [
        event(1, "ingestion", 17, name),
        event(2, "digital signature validation", 17, name),
        event(3, "information package creation", 40, name),
    ]
    said = json.dumps(
        {
            "schema": "muragat/transfer-record/1",
            "record_id": name,
            "card": {},
            "file": {},
            "retention": {},
            "holds": [],
            "components": [
                {"path": c[0], "file": f"data/{i:04}.{c[2]}", "role": c[3]} for i, c in enumerate(components, 1)
            ],
        },
        ensure_ascii=False,
        sort_keys=True,
    ).encode()
    dc = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<dc xmlns="http://purl.org/dc/elements/1.1/"><title>{e(original)}</title>'
        f"<identifier>{name}</identifier><date>2021-03-05</date><type>Text</type></dc>\n"
    ).encode()
    sections, dmd, amd = [], [], []
    for number_of, (path, content, kind, section) in enumerate(
        [
            ("metadata/descriptive/record.json", said, "OTHER:MURAGAT-RECORD", "dmdSec"),
            ("metadata/descriptive/dc.xml", dc, "DC", "dmdSec"),
            ("metadata/preservation/premis.xml", premis(objects, events, AGENTS), "PREMIS", "digiprovMD"),
            ("metadata/other/17/metadata.json", card * 100, "OTHER:MURAGAT-GROUP", "digiprovMD"),
            ("metadata/other/17/salt.bin", os.urandom(32), "OTHER:MURAGAT-SALT", "digiprovMD"),
            ("metadata/other/17/1.ers.bin", os.urandom(4000), "OTHER:RFC4998", "digiprovMD"),
            ("metadata/other/proofs.jsonl", b"{}\n" * 2500, "OTHER:MURAGAT-PROOFS", "digiprovMD"),
        ],
        1,
    ):
        ident = f"m{number_of}"
        (dmd if section == "dmdSec" else amd).append(ident)
        sections.append((section, md(section, ident, path, bag.put(f"{place}/{path}", content), kind)))
    text = head(name, original, "SIP") + "".join(s for k, s in sections if k == "dmdSec")
    text += '<amdSec ID="amd">\n' + "".join(s for k, s in sections if k == "digiprovMD") + "</amdSec>\n"
    text += (
        f'<fileSec ID="files"><fileGrp ID="data" USE="Data" {KIND}"muragat-record-1">\n'
        + "".join(files)
        + "</fileGrp></fileSec>\n"
        f'<structMap ID="map" TYPE="PHYSICAL" LABEL="CSIP"><div ID="d0" LABEL="{name}">\n'
        f'<div ID="d1" LABEL="Metadata" ADMID="{" ".join(amd)}" DMDID="{" ".join(dmd)}"/>\n'
        '<div ID="d2" LABEL="Data"><fptr FILEID="data"/></div>\n</div></structMap>\n</mets>\n'
    )
    return name, bag.put(f"{place}/METS.xml", text.encode())


def make(out, count, documents):
    package = "p-" + hashlib.sha256(f"{out.name} {count}".encode()).hexdigest()[:32]
    folder = out / package
    bag, base = Bag(folder), f"data/{package}"
    told = [record(bag, base, number, documents) for number in range(count)]
    root, dmd, amd = [], [], []
    for number, (path, content, kind, section) in enumerate(
        [
            (
                "metadata/descriptive/inventory.json",
                b'{"schema":"muragat/transfer-inventory/1"}' * 20,
                "OTHER:MURAGAT-INVENTORY",
                "dmdSec",
            ),
            (
                "metadata/preservation/premis.xml",
                premis(
                    [
                        f'<object xsi:type="intellectualEntity">{identified("object", "muragat-package", package)}</object>\n'
                    ],
                    [event(1, "information package creation", 41, package)],
                    AGENTS,
                ),
                "PREMIS",
                "digiprovMD",
            ),
            (
                "metadata/other/sender.json",
                b'{"schema":"muragat/transfer-sender/1"}',
                "OTHER:MURAGAT-SENDER",
                "digiprovMD",
            ),
            ("metadata/other/checkpoint.txt", b"example.org/log\n41\nAAAA\n", "OTHER:TLOG-CHECKPOINT", "digiprovMD"),
            ("metadata/other/material.bin", os.urandom(5000), "OTHER:MURAGAT-MATERIAL", "digiprovMD"),
        ],
        1,
    ):
        ident = f"m{number}"
        (dmd if section == "dmdSec" else amd).append(ident)
        root.append((section, md(section, ident, path, bag.put(f"{base}/{path}", content), kind)))
    doc, schema = "documentation/VERIFY.txt", "schemas/record.schema.json"
    doc_told = bag.put(f"{base}/{doc}", b"How to check this package without the program that wrote it.\n")
    schema_told = bag.put(f"{base}/{schema}", b'{"$id":"urn:muragat:schema:transfer:1:record"}\n')
    # The METS file of the package, last: it tells the digests of all others. Three passes over `told`.
    path = folder / base / "METS.xml"
    digests = {name: hashlib.new(name) for name in bag.manifests}
    with open(path, "wb") as file:

        def put(text, whole=False):
            content = text.encode()
            # eark-validator takes a METS file in pieces and looks for FLocat as soon as it has seen the start of `file`:
            # it crashes where a piece ends between the two. So none does: spaces stand before it instead.
            if whole and file.tell() // PIECE != (file.tell() + len(content)) // PIECE:
                put(" " * (PIECE - file.tell() % PIECE))
            file.write(content)
            for one in digests.values():
                one.update(content)

        put(
            head(
                package,
                "01-02 істері, 2021",
                "SIP",
                '<altRecordID TYPE="REFERENCECODE">fonds 12, inventory 3</altRecordID>\n',
            )
        )
        put("".join(s for k, s in root if k == "dmdSec") + '<amdSec ID="amd">\n')
        put("".join(s for k, s in root if k == "digiprovMD") + '</amdSec>\n<fileSec ID="files">\n')
        for group, use, one, what in (
            ("docs", "Documentation", doc, doc_told),
            ("schemas", "Schemas", schema, schema_told),
        ):
            put(
                f'<fileGrp ID="{group}" USE="{use}" {KIND}"muragat-transfer-1"><file ID="{group}-1" {reference(one, what)}>'
                f"<FLocat {located(one)}/></file></fileGrp>\n",
                True,
            )
        for name, what in told:
            mets = f"representations/{name}/METS.xml"
            put(
                f'<fileGrp ID="g-{name}" USE="Representations/{name}" {KIND}"muragat-record-1"><file ID="f-{name}" {reference(mets, what)}>'
                f"<FLocat {located(mets)}/></file></fileGrp>\n",
                True,
            )
        put(
            f'</fileSec>\n<structMap ID="map" TYPE="PHYSICAL" LABEL="CSIP"><div ID="d0" LABEL="{package}">\n'
            f'<div ID="d1" LABEL="Metadata" ADMID="{" ".join(amd)}" DMDID="{" ".join(dmd)}"/>\n'
            '<div ID="d2" LABEL="Documentation"><fptr FILEID="docs"/></div>\n<div ID="d3" LABEL="Schemas"><fptr FILEID="schemas"/></div>\n'
            '<div ID="d4" LABEL="Representations">\n'
        )
        for name, _ in told:
            put(f'<fptr FILEID="g-{name}"/>\n')
        for name, _ in told:
            put(
                f'<div ID="d-{name}" LABEL="Representations/{name}"><mptr {located(f"representations/{name}/METS.xml", f"g-{name}")}/></div>\n'
            )
        put("</div></div></structMap>\n</mets>\n")
        size = file.tell()
    bag.bytes, bag.files = bag.bytes + size, bag.files + 1
    for name, manifest in bag.manifests.items():
        manifest.write(f"{digests[name].hexdigest()}  {base}/METS.xml\n")
    bag.close(
        {
            "BagIt-Profile-Identifier": "urn:muragat:schema:transfer:1:bagit-profile",
            "Source-Organization": "Қаланың әкімдігі",
            "External-Identifier": package,
            "External-Description": "fonds 12, inventory 3",
            "Internal-Sender-Identifier": "AGENCY-01",
            "Bagging-Date": NOW[:10],
            "Bag-Software-Agent": "Muragat 0.8.0",
        }
    )
    return folder, size, bag


if __name__ == "__main__":
    target, records = Path(sys.argv[1]), int(sys.argv[2])
    sources = (
        [(p.name, p.read_bytes()) for p in sorted(Path(sys.argv[3]).iterdir()) if p.is_file()]
        if len(sys.argv) > 3
        else [("Бұйрық №1.docx", b"PK\x03\x04" + bytes(range(256)) * 80)]
    )
    began = time.monotonic()
    made, mets_size, sealed = make(target, records, sources)
    print(made)
    print(
        f"{records} records, {sealed.files} files, {sealed.bytes} bytes, METS.xml {mets_size} bytes, "
        f"{time.monotonic() - began:.1f} s, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB",
        file=sys.stderr,
    )
