"""Words in place of names: the same name has the same word wherever the same salt is used, and nowhere else."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Container

SALT_BYTES = 32
LENGTH = 10


class Tokens:
    """Gives out words that nobody turns back who has not the salt; without one given it is kept nowhere."""

    def __init__(self, salt: bytes = b"") -> None:
        self._salt = salt or secrets.token_bytes(SALT_BYTES)

    def __call__(self, kind: str, value: str) -> str:
        """Return the word for a value, with what it is; nothing stays nothing."""
        if not value:
            return ""
        digest = hmac.new(self._salt, f"{kind}\0{value}".encode(errors="surrogatepass"), hashlib.sha256)
        return f"{kind}-{digest.hexdigest()[:LENGTH]}"

    def unless(self, allowed: re.Pattern[str] | Container[str], kind: str, value: str) -> str:
        """Return a value that may be told to everybody, as a list or a pattern allows it, and else a word for it."""
        is_plain = value in allowed if not hasattr(allowed, "fullmatch") else bool(allowed.fullmatch(value))
        return value if is_plain else self(kind, value)
