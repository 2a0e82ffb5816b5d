"""What a card needs to make a board a member of the room, whatever its system."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wifi:
    """A network of the air: its name is bytes (IEEE 802.11), its key 64 hexadecimal digits; an open one has none."""

    ssid: bytes
    key: str = ""
    is_hidden: bool = False

    @property
    def text(self) -> str:
        """The name as text without control characters; nothing if it is no such text."""
        try:
            text = self.ssid.decode()
        except UnicodeDecodeError:
            return ""
        return text if text.isprintable() else ""


@dataclass(frozen=True)
class HostKey:
    """The key by which a board is known: private as ssh-keygen writes it, public as `ssh-ed25519 AAAA...`."""

    private: str
    public: str


@dataclass(frozen=True)
class Seat:
    """One board of the inventory, as its card makes it."""

    name: str
    account: str
    authorized_keys: tuple[str, ...]
    host_key: HostKey
    timezone: str
    keyboard: str
    country: str = ""
    # As crypt(3) has it. Without one nobody logs in with a password, and sudo asks for none.
    password_hash: str = ""
    wifi: Wifi | None = None
