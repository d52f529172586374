#!/usr/bin/env python3
"""Compares `muragat validate` with verifiers that are not ours, over the cases that make-vectors.sh generates.

Usage: peers.py VECTORS MURAGAT SCHEMA_POLICY        run by tools/peers/run in its Python environment
Peers: `openssl cms -verify` with CRLs, and `openssl ts -verify` for bare time-stamps; pyHanko's engine of EN 319 102-1,
which has no GOST; and the intent of the generator (expected.tsv). All are given the same bytes, anchors, material and
time. openssl agrees when it verifies what we pass and nothing else; the others, when indication and sub-indication are
the same. Where a peer disagrees, disagreements.tsv must have a row for it, and every row must be needed.
A peer that is not here is left out and said so ("WITHOUT:"). Ends 0 when everything is explained, 1 otherwise.

Not compared: OCSP in openssl (its cms command takes none), archive time-stamps, Kazakhstan's own GOST (no peer has it).
"""

import asyncio
import csv
import fnmatch
import hashlib
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

try:
    from asn1crypto import cms, core, crl, ocsp, pem, tsp, x509
    from pyhanko.sign.ades.report import AdESFailure
    from pyhanko.sign.validation import ades
    from pyhanko.sign.validation.policy_decl import (
        LocalKnowledge,
        RevinfoOnlineFetchingRule,
        RevocationInfoGatheringSpec,
        SignatureValidationSpec,
    )
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko.version import __version__ as PYHANKO
    from pyhanko_certvalidator.context import CertValidationPolicySpec
    from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
    from pyhanko_certvalidator.policy_decl import NO_REVOCATION, REQUIRE_REVINFO, CertRevTrustPolicy
    from pyhanko_certvalidator.registry import SimpleTrustManager
    from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer
except ImportError:
    PYHANKO = None

HERE = Path(__file__).resolve().parent
TABLE = HERE / "disagreements.tsv"
NONE = "-"


class Case:
    """A row of expected.tsv: its name "ALG/CASE", what is asked, and with which anchors and material."""

    def __init__(self, vectors, row):
        self.name = f"{row['alg']}/{row['case']}"
        self.folders = [vectors / algorithm for algorithm in row["alg"].split("+")]
        # What several algorithms sign lies in a folder of its own.
        own = self.folders[0] if len(self.folders) == 1 else vectors / row["case"]
        self.object = own / row["signature"]
        self.content = own / row["content"] if row["content"] != NONE else None
        self.time = datetime.strptime(row["validation_time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
        self.expected = verdict(row["etsi_indication"], row["etsi_sub_indication"])
        self.anchors = [folder / "root/ca.pem" for folder in self.folders]
        self.tsa_anchors = [folder / "tsaroot/ca.pem" for folder in self.folders]
        self.certificates = [folder / "chain.pem" for folder in self.folders]
        if row["case"] == "leaf-as-ca":
            # The Ed25519 signature does not carry the certificate of the leaf that acts as a CA.
            self.certificates.append(own / "signer.pem")
        self.crls = [path for folder in self.folders for path in sorted(folder.glob("*.crl"))]
        self.ocsps = [path for folder in self.folders for path in sorted(folder.glob("*.ocsp"))]

    @property
    def is_timestamp(self):
        return self.object.suffix == ".tsr"


def verdict(indication, sub_indication):
    return indication if sub_indication in (None, NONE) else f"{indication} {sub_indication}"


def is_valid(said):
    return said in ("TOTAL-PASSED", "PASSED")


# Ours
# ---------------------------------------------------------------------------------------------------------------------


def ours(muragat, policy, case):
    arguments = [muragat, "validate", "--json", case.object, "--policy", policy]
    arguments += ["--as-of", case.time.strftime("%Y-%m-%dT%H:%M:%SZ")]
    if case.content:
        arguments += ["--content", case.content]
    for option, paths in (
        ("--anchors", case.anchors),
        ("--tsa-anchors", case.tsa_anchors),
        ("--material", case.certificates + case.crls + case.ocsps),
    ):
        for path in paths:
            arguments += [option, path]
    run = subprocess.run(arguments, capture_output=True)
    try:
        conclusion = json.loads(run.stdout)["conclusion"]
        said = verdict(conclusion["indication"], conclusion.get("sub_indication"))
    except (ValueError, KeyError):
        return f"exit {run.returncode}: {run.stderr.decode(errors='replace').strip()[:200]}"
    # docs/errors.md: 0 every signature passed, 1 one failed, 9 one is indeterminate and none failed.
    exit_code = 0 if is_valid(said) else 1 if "FAILED" in said.split()[0] else 9
    return said if run.returncode == exit_code else f"{said}, but exit {run.returncode}"


# OpenSSL
# ---------------------------------------------------------------------------------------------------------------------


class OpenSsl:
    """Says "ok" or "fail", and why."""

    def __init__(self, work):
        self.work = work
        config = work / "openssl.cnf"
        self.has_gost = subprocess.run(["openssl", "engine", "gost"], capture_output=True).returncode == 0
        sections = "[c]\nengines = e\n[e]\ngost = g\n[g]\nengine_id = gost\ndefault_algorithms = ALL\n"
        config.write_text("openssl_conf = c\n" + (sections if self.has_gost else "[c]\n"))
        self.environment = {**os.environ, "OPENSSL_CONF": str(config), "LC_ALL": "C"}
        self.version = self.run("version").stdout.split()[1]
        self.crls = {}

    def run(self, *arguments):
        return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, env=self.environment)

    def pem_of(self, crl_path):
        if crl_path not in self.crls:
            self.crls[crl_path] = self.run("crl", "-inform", "DER", "-in", crl_path).stdout
        return self.crls[crl_path]

    def says(self, case):
        if not self.has_gost and case.name.startswith("gost"):
            return None, ""
        at = int(case.time.timestamp())
        # A store may hold CRLs, of which openssl takes the one in force, and certificates of CAs, which it trusts only
        # when a chain leads on to a root.
        store = self.work / "store.pem"
        if case.is_timestamp:
            store.write_text("".join(path.read_text() for path in case.tsa_anchors))
            run = self.run("ts", "-verify", "-data", case.content, "-in", case.object, "-CAfile", store, "-attime", at)
        else:
            parts = [path.read_text() for path in case.anchors + case.certificates]
            store.write_text("".join(parts + [self.pem_of(path) for path in case.crls]))
            content = ["-content", case.content] if case.content else []
            run = self.run(
                *("cms", "-verify", "-binary", "-inform", "DER", "-in", case.object, *content, "-out", os.devnull),
                *("-CAfile", store, "-crl_check_all", "-attime", at),
            )
        if run.returncode == 0:
            return "ok", ""
        chain = re.search(r"Verify error: *(.*)", run.stderr)
        reasons = re.findall(r"error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):", run.stderr)
        return "fail", chain[1] if chain else ", ".join(reasons[:2])


# pyHanko
# ---------------------------------------------------------------------------------------------------------------------


def certificates_of(paths):
    return [
        x509.Certificate.load(der) for path in paths for _, _, der in pem.unarmor(path.read_bytes(), multiple=True)
    ]


def specification(case):
    """Our policy in the terms of pyHanko: revocation data for signers and none for time-stamps, the same purposes."""

    def chains(anchors, rule):
        manager = SimpleTrustManager.build(trust_roots=certificates_of(anchors))
        return CertValidationPolicySpec(
            trust_manager=manager, revinfo_policy=CertRevTrustPolicy(revocation_checking_policy=rule)
        )

    responses = [ocsp.OCSPResponse.load(path.read_bytes()) for path in case.ocsps]
    return SignatureValidationSpec(
        cert_validation_policy=chains(case.anchors, REQUIRE_REVINFO),
        ts_cert_validation_policy=chains(case.tsa_anchors, NO_REVOCATION),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
        ),
        local_knowledge=LocalKnowledge(
            known_certs=certificates_of(case.certificates),
            known_crls=[CRLContainer(crl.CertificateList.load(path.read_bytes())) for path in case.crls],
            known_ocsps=[one for response in responses for one in OCSPContainer.load_multi(response)],
        ),
        key_usage_settings=KeyUsageConstraints(
            key_usage={"digital_signature", "non_repudiation"},
            # emailProtection and documentSigning (RFC 9336), as in schema/policy/1/default.toml.
            extd_key_usage={"email_protection", "1.3.6.1.5.5.7.3.36"},
            explicit_extd_key_usage_required=False,
        ),
    )


async def pyhanko_on_signer(case, signed_data):
    timing = ValidationTimingInfo(case.time, best_signature_time=case.time, point_in_time_validation=True)
    spec = specification(case)
    (signer,) = signed_data["signer_infos"]
    raw_digest = None
    if case.content:
        raw_digest = hashlib.new(signer["digest_algorithm"]["algorithm"].native, case.content.read_bytes()).digest()
    unsigned = signer["unsigned_attrs"]
    attributes = [] if isinstance(unsigned, core.Void) else unsigned
    has_token = any(one["type"].native == "signature_time_stamp_token" for one in attributes)
    # Its validation with time (§5.5) asks for a time-stamp; without one, basic validation (§5.3) is all that it has.
    validation = ades.ades_with_time_validation if has_token else ades.ades_basic_validation
    return (await validation(signed_data, spec, timing_info=timing, raw_digest=raw_digest)).ades_subindic


async def pyhanko_on_timestamp(case):
    token = tsp.TimeStampResp.load(case.object.read_bytes(), strict=True)["time_stamp_token"]
    timing = ValidationTimingInfo(case.time, best_signature_time=case.time, point_in_time_validation=True)
    content = case.content.read_bytes()
    result = await ades.ades_timestamp_validation(
        token["content"], specification(case), lambda name: hashlib.new(name, content).digest(), timing_info=timing
    )
    return result.ades_subindic


def pyhanko_says(case):
    if any(folder.name.startswith("gost") for folder in case.folders):
        return None
    try:
        if case.is_timestamp:
            found = [asyncio.run(pyhanko_on_timestamp(case))]
        else:
            found = [asyncio.run(pyhanko_on_signer(case, one)) for one in single_signers(case.object.read_bytes())]
    except ades.errors.SignatureValidationError as fault:
        found = [fault.ades_subindication]
    worst = max(found, key=lambda one: ("PASSED", "INDETERMINATE", "FAILED").index(one.status.name))
    status = worst.status.name
    prefix = "" if case.is_timestamp or status == "INDETERMINATE" else "TOTAL-"
    return prefix + status if status == "PASSED" else f"{prefix}{status} {worst.standard_name}"


def single_signers(object_bytes):
    """pyHanko takes one signer at a time: the same SignedData, once for each. It has no words for what is not CMS."""
    try:
        info = cms.ContentInfo.load(object_bytes, strict=True)
        count = len(info["content"]["signer_infos"])
    except ValueError:
        raise ades.errors.SignatureValidationError(
            "not a CMS", ades_subindication=AdESFailure.FORMAT_FAILURE
        ) from None
    for at in range(count):
        signed_data = cms.ContentInfo.load(object_bytes)["content"]
        signed_data["signer_infos"] = [signed_data["signer_infos"][at]]
        yield signed_data


# The table of disagreements: the first row that fits explains
# ---------------------------------------------------------------------------------------------------------------------


def read_table():
    with TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        if None in row or any(not value for value in row.values()):
            sys.exit(f"peers: FAILED: {TABLE.name}: not five fields, or one is empty: {row}")
        row["used"] = 0
    return rows


def speaks_of(row, peer, version):
    """"openssl" is openssl of any version, "openssl 3.0" only of 3.0.x."""
    name, _, prefix = row["peer"].partition(" ")
    return name == peer and f"{version}.".startswith(prefix and f"{prefix}.")


def explained(rows, name, peer, version, our, their):
    for row in rows:
        same = (row["ours"], row["theirs"]) == (our, their)
        if same and speaks_of(row, peer, version) and fnmatch.fnmatchcase(name, row["case"]):
            row["used"] += 1
            return True
    return False


def main():
    vectors, muragat, schema_policy = (Path(argument) for argument in sys.argv[1:4])
    with (vectors / "expected.tsv").open(newline="", encoding="utf-8") as file:
        cases = [Case(vectors, row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    if not cases:
        sys.exit("peers: FAILED: no case")
    rows = read_table()
    # pyHanko logs what it finds; the verdict says it.
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as work:
        policy = Path(work) / "policy.toml"
        write_policy(schema_policy, policy)
        compare(cases, rows, muragat, policy, Path(work))


def write_policy(schema_policy, policy):
    # The generator makes no revocation data for its time-stamping authority.
    text = schema_policy.read_text(encoding="utf-8")
    head, asked, tail = text.partition("[timestamp]\n")
    tail, changed = re.subn(r"(?m)^revocation_required = true$", "revocation_required = false", tail, count=1)
    if not asked or not changed:
        sys.exit(f"peers: FAILED: {schema_policy}: [timestamp] has no revocation_required")
    policy.write_text(head + asked + tail, encoding="utf-8")


def compare(cases, rows, muragat, policy, work):
    openssl = OpenSsl(work)
    print(f"peers: openssl {openssl.version}, pyHanko {PYHANKO or 'is not here'}, {len(cases)} cases")
    if not openssl.has_gost:
        print("WITHOUT: openssl's GOST engine: openssl was not asked about the GOST cases")
    if not PYHANKO:
        print("WITHOUT: pyHanko: EN 319 102-1 was compared with the generator's intent only")

    # None: not here.
    versions = {"expected": "", "openssl": openssl.version, "pyhanko": PYHANKO}
    counts = {peer: [0, 0] for peer in versions}
    faults = []
    lines = [("case", "ours", "expected", "openssl", "pyHanko")]
    for case in cases:
        our = ours(muragat, policy, case)
        ssl, why = openssl.says(case)
        hanko = pyhanko_says(case) if PYHANKO else None
        cells = [case.name, our]
        for peer, said, agrees in (
            ("expected", case.expected, case.expected == our),
            ("openssl", ssl, (ssl == "ok") == is_valid(our)),
            ("pyhanko", hanko, hanko == our),
        ):
            if said is None:
                cells.append(NONE)
                continue
            mark = ""
            counts[peer][0 if agrees else 1] += 1
            if not agrees:
                mark = " (*)"
                if not explained(rows, case.name, peer, versions[peer], our, said):
                    mark = " (!)"
                    faults.append(f"{case.name}: ours {our}, {peer} {said}: no row explains it")
            if peer == "openssl":
                said += why and f": {why}"
            elif agrees:
                said = "same"
            cells.append(said + mark)
        lines.append(tuple(cells))

    widths = [max(len(line[at]) for line in lines) for at in range(5)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())

    algorithms = {case.name.split("/")[0] for case in cases}
    for row in rows:
        peer = row["peer"].split(" ")[0]
        if peer not in versions:
            faults.append(f"{TABLE.name}: there is no peer {peer}")
            continue
        # Not judged: a row about a peer, a version or an algorithm that this machine does not have.
        asked = versions[peer] is not None and speaks_of(row, peer, versions[peer])
        if asked and not row["used"] and fnmatch.filter(algorithms, row["case"].split("/")[0]):
            faults.append(f"{TABLE.name}: the row {row['case']}, {row['peer']} is not needed any more")
    print("(*) explained in tools/peers/disagreements.tsv, (!) not explained")
    for peer, (same, other) in counts.items():
        print(f"peers: {peer}: {same + other} compared, {same} agree, {other} do not")
    for fault in faults:
        print(f"peers: FAILED: {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
