"""Who this computer is to an object store: from the environment, or from ~/.aws as the AWS tools write it."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.errors import ShareError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY, SECRET = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
# With one of these obstore gets its keys itself, or needs none.
OTHERWISE = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)
CREDENTIALS = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
}
SETTINGS = {"region": "region", "endpoint_url": "endpoint"}
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what obstore is told about an S3 store; ShareError if there are no keys, or the files are unreadable.

    What the environment has counts before the files, as with the AWS tools.
    """
    profile = environment.get("AWS_PROFILE", "default")
    found = _section(_path(environment, "AWS_CONFIG_FILE", "config"), _of_config(profile), SETTINGS)
    for name, variables in (("endpoint", ENDPOINTS), ("region", REGIONS)):
        if value := next((environment[each] for each in variables if environment.get(each)), ""):
            found[name] = value
    if (environment.get(KEY) and environment.get(SECRET)) or any(environment.get(each) for each in OTHERWISE):
        return found
    path = _path(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials")
    keys = _section(path, profile, CREDENTIALS)
    if not {"access_key_id", "secret_access_key"} <= keys.keys():
        raise ShareError(
            lazy(
                "There are no keys for S3: set {key} and {secret}, or write them into {path} under [{profile}].",
                key=KEY,
                secret=SECRET,
                path=path,
                profile=profile,
            )
        )
    return found | keys


def _path(environment: Mapping[str, str], variable: str, name: str) -> Path:
    return Path(environment.get(variable) or Path(environment.get("HOME", "~")) / ".aws" / name).expanduser()


def _of_config(profile: str) -> str:
    """Name the section of a profile in the file `config`, which has another one than in `credentials`."""
    return profile if profile == "default" else f"profile {profile}"


def _section(path: Path, name: str, wanted: Mapping[str, str]) -> dict[str, str]:
    reader = configparser.RawConfigParser()
    try:
        reader.read(path, encoding="utf-8")
        there = dict(reader[name]) if reader.has_section(name) else {}
    except (configparser.Error, UnicodeDecodeError, OSError):
        # What cannot be understood may be a secret, so it is not shown.
        raise ShareError(lazy("{path} cannot be read; correct it, or write it anew.", path=path)) from None
    return {ours: there[theirs] for theirs, ours in wanted.items() if there.get(theirs)}
