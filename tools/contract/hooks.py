"""What schemathesis sends where a body is neither JSON nor a form: any bytes."""

import schemathesis
from hypothesis import strategies

for name in ("application/zip", "application/offset+octet-stream"):
    schemathesis.openapi.media_type(name, strategies.binary(max_size=4096))
