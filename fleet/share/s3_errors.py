"""What an S3 store or the network said, as obstore passes it on, in a sentence with the fix; theirs hold addresses."""

from __future__ import annotations

import re

from fleet.i18n import noop

CODE = re.compile(r"<Code>\s*([A-Za-z0-9]+)\s*</Code>")
STATUS = re.compile(r"status code: (\d{3})\b")
CLOCK = noop(
    "{place} does not take what this computer signs, for its clock is wrong; set it with: sudo timedatectl set-ntp true"
)
KEY = noop(
    "{place} does not know the key for the bucket {bucket}; correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
    "~/.aws/credentials."
)
BUCKET = noop(
    "There is no bucket {bucket} at {place}, or nothing of that name in it; correct the address, or have the bucket "
    "made."
)
RIGHTS = noop("{place} does not let this key use the bucket {bucket}; have it allowed to list, read and put there.")
FULL = noop("The bucket {bucket} at {place} takes no more: it is full, or its quota is used up.")
CERTIFICATE = noop(
    "{place} has a certificate that this computer does not trust; correct the address, or install the certificate of "
    "its authority."
)
ADDRESS = noop("The address {place} cannot be found; is the network there, and AWS_ENDPOINT_URL right?")
SILENCE = noop("{place} does not answer; is the network there, and AWS_ENDPOINT_URL right?")
OTHER = noop("The bucket {bucket} at {place} cannot be used ({code}); try again later, or ask who keeps it.")
# The codes of S3 (Amazon S3 API Reference, Error responses), and those of other stores for a full disk.
OF_CODE = {
    **dict.fromkeys(("RequestTimeTooSkewed", "RequestExpired"), CLOCK),
    **dict.fromkeys(
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "AuthorizationHeaderMalformed"),
        KEY,
    ),
    **dict.fromkeys(("NoSuchBucket", "NoSuchKey"), BUCKET),
    **dict.fromkeys(("AccessDenied", "AllAccessDisabled"), RIGHTS),
    **dict.fromkeys(("QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "EntityTooLarge"), FULL),
}
OF_STATUS = {"401": KEY, "403": RIGHTS, "404": BUCKET, "507": FULL}
OF_NETWORK = (
    (re.compile("certificate|UnknownIssuer", re.IGNORECASE), CERTIFICATE),
    (re.compile("dns error|failed to lookup|Name or service not known", re.IGNORECASE), ADDRESS),
    (re.compile("error sending request|timed out|connection", re.IGNORECASE), SILENCE),
)


def sentence(told: str) -> tuple[str, str]:
    """Return the template of a sentence, with the fields place, bucket and code, and the code; nothing else is told."""
    code, status = CODE.search(told), STATUS.search(told)
    if code or status:
        named = code[1] if code else ""
        number = status[1] if status else ""
        return OF_CODE.get(named) or OF_STATUS.get(number, OTHER), named or number
    return next((template for applies, template in OF_NETWORK if applies.search(told)), OTHER), "?"
