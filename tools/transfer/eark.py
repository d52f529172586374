"""Judges E-ARK packages with eark-validator, without the network, and prints its findings: one JSON object a line.

Run by the Python of an environment that has eark-validator. At import it downloads four vocabularies; here an opener
that knows only the copies in its own wheel answers, so nothing leaves the machine. Its exit code says nothing about
validity, and this one's does not either: what the findings mean is for the caller to say.
"""

import importlib.resources
import io
import json
import sys
import urllib.request
import urllib.response
from email.message import Message
from pathlib import Path


class FromWheel(urllib.request.BaseHandler):
    """Answers for every address with the vocabulary of that name; others do not exist."""

    def https_open(self, request):
        shelf = importlib.resources.files("eark_validator.ipxml.resources.vocabs")
        content = shelf.joinpath(Path(request.selector).name).read_bytes()
        return urllib.response.addinfourl(io.BytesIO(content), Message(), request.full_url, 200)


closed = urllib.request.OpenerDirector()
closed.add_handler(FromWheel())
urllib.request.install_opener(closed)

# Only now: importing it asks for the vocabularies.
from eark_validator.ipxml.schema import IP_SCHEMA  # noqa: E402
from eark_validator.packages import PackageValidator  # noqa: E402
from eark_validator.specifications.specification import SpecificationVersion  # noqa: E402
from lxml import etree  # noqa: E402


def findings(part):
    """Every message of a part of the report, at whatever depth it stands."""
    if isinstance(part, dict):
        if "rule_id" in part:
            yield {"rule": part["rule_id"], "severity": str(part["severity"]).lower(), "message": part["message"]}
        else:
            for inner in part.values():
                yield from findings(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from findings(inner)


def judge(package):
    report = PackageValidator(package, SpecificationVersion.V2_1_0).validation_report
    report = json.loads(report.model_dump_json())
    metadata = report.get("metadata") or {}
    status = {"structure": report["structure"]["status"]}
    for part in ("schema", "schematron"):
        # Without a sound structure it looks at nothing else.
        status[part] = (metadata.get(f"{part}_results") or {}).get("status", "NOT JUDGED")
    # It reads the METS file of the package only. Those of the representations follow the same schema.
    found = [*findings(report["structure"]), *findings(metadata)]
    for mets in sorted(package.glob("representations/*/METS.xml")):
        try:
            IP_SCHEMA["csip"].assertValid(etree.parse(mets))
        except (etree.DocumentInvalid, etree.XMLSyntaxError) as error:
            found.append({"rule": "representation METS", "severity": "error", "message": f"{mets}: {error}"})
    return {"status": status, "findings": found}


for argument in sys.argv[1:]:
    try:
        said = judge(Path(argument).absolute())
    except Exception as error:  # It raises whatever its libraries raise; that is a refusal, with its reason.
        said = {
            "status": {"structure": "CRASHED"},
            "findings": [{"rule": type(error).__name__, "severity": "error", "message": str(error)}],
        }
    print(json.dumps({"package": argument, **said}))
