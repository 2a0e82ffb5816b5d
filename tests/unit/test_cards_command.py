"""`invoke cards` as it is typed: where to, for whom, what it says, and what is known afterwards."""

from __future__ import annotations

import getpass
import html
import os
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fleet.boards import inventory
from fleet.boards.known_keys import KnownKeys
from fleet.cards import labels, watch
from tests.unit.card_parts import contents, fresh_card, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

BOARDS = ("pi01", "pi02", "pi03")


# Ansible takes a second for each answer, and gives the same one to the same lists.
ANSWERS: dict[tuple[str, str, str], tuple[dict[str, Any], str]] = {}
ASK = inventory._ask
LOOK = watch.mounted


def asked_once(pattern: str, root: Path) -> tuple[dict[str, Any], str]:
    lists = Path(os.environ["ANSIBLE_INVENTORY"])
    asked = (pattern, lists.read_text(), (lists.parent / "group_vars/all.yml").read_text())
    if asked not in ANSWERS:
        ANSWERS[asked] = ASK(pattern, root)
    return ANSWERS[asked]


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A room of its own with three boards, and a teacher who has no key yet."""
    monkeypatch.setattr(inventory, "_ask", asked_once)
    (tmp_path / "inventory.ini").write_text("[lab]\npi[01:03] ansible_user=anna\n\n[other]\nzed_1 ansible_user=anna\n")
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars/all.yml").write_text("---\ncard_timezone: Asia/Seoul\n")
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(tmp_path / "inventory.ini"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def known(room: Path) -> KnownKeys:
    return KnownKeys(room / "known_hosts")


def test_a_folder_for_each_board_and_its_key_is_known_by_its_name(
    room: Path, typed: Callable[..., tuple[int, str, str]]
) -> None:
    status, out, err = typed("cards", "--to", str(room / "cards"))
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines() if line.startswith("pi")] == list(BOARDS)
    assert out.splitlines()[-1] == "3 cards. Once the boards are on: ansible-playbook site.yml"
    keys = {name: key_of(room / "host_keys" / name) for name in BOARDS}
    assert len(set(keys.values())) == 3
    assert {name: known(room).key_of(name) for name in BOARDS} == keys
    for name in BOARDS:
        made = contents(room / "cards" / name)
        assert made["pilab/ssh_host_ed25519_key"] == (room / "host_keys" / name).read_bytes()
        assert f'hostname: "{name}"'.encode() in made["user-data"]
        assert made["pilab/authorized_keys"] == (room / "home/.ssh/id_ed25519.pub").read_bytes()
    before = (room / "known_hosts").read_text()
    assert typed("cards", "--to", str(room / "cards"))[0] == 0
    assert (room / "known_hosts").read_text() == before


def test_rows_and_errors_are_korean_where_the_terminal_is(
    room: Path, typed: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    card = fresh_card(room / "bootfs")
    assert typed("cards", "--onto", str(card), "--hosts", "lab")[1].splitlines()[-2:] == [
        "pi01  씀: Raspberry Pi OS trixie 2026-06-18, cloud-init. 다음은 pi02입니다.",
        "카드 1장. 보드를 켠 뒤 입력: ansible-playbook site.yml",
    ]
    status, _, err = typed("cards", "--onto", str(card), "--hosts", "pi02")
    assert status == 1
    assert err.strip() == f"{card}의 카드는 pi01의 카드입니다. pi02의 카드로 만들려면 명령에 --force를 붙이십시오."
    (room / "home/.ssh/id_ed25519.pub").write_text("none\n")
    assert "ssh 공개 키가 아닙니다" in typed("cards", "--to", str(room / "cards"))[2]


def test_cards_go_to_the_boards_in_turn_and_a_31st_board_has_no_seat(
    room: Path, typed: Callable[..., tuple[int, str, str]]
) -> None:
    for name in BOARDS:
        status, out, err = typed("cards", "--onto", str(fresh_card(room / f"card-{name}")))
        assert (status, err) == (0, "")
        assert f"{name}  written: Raspberry Pi OS trixie 2026-06-18, cloud-init." in out
    before = contents(room)
    status, out, err = typed("cards", "--onto", str(fresh_card(room / "one too many")))
    assert (status, out) == (1, "")
    assert err == (
        "All 3 boards have a card: list a new board in the inventory, or make another card of one with --again pi03\n"
    )
    assert {name: text for name, text in contents(room).items() if "one too many" not in name} == before
    alone = typed("cards", "--onto", str(room / "one too many"), "--hosts", "pi01")
    assert alone[2].startswith("pi01 has a card already; make another one for it, with the same host key, with --again")


def test_another_card_of_a_board_has_the_same_key(room: Path, typed: Callable[..., tuple[int, str, str]]) -> None:
    typed("cards", "--to", str(room / "cards"))
    status, out, _ = typed("cards", "--again", "pi02", "--onto", str(fresh_card(room / "card")))
    assert (status, out.splitlines()[0]) == (0, "pi02  written: Raspberry Pi OS trixie 2026-06-18, cloud-init.")
    assert key_of_card(room / "card", room) == known(room).key_of("pi02")


def key_of_card(card: Path, room: Path) -> str:
    copy = room / "copy"
    copy.touch(mode=0o600)
    copy.write_bytes((card / "pilab/ssh_host_ed25519_key").read_bytes())
    return key_of(copy)


def test_a_board_that_had_another_key_is_said_to_have(room: Path, typed: Callable[..., tuple[int, str, str]]) -> None:
    old = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK3mMPl0tq0YJ3Wn3pYhYBZOVrSLkVAyqfA1wKhYy2bW"
    known(room).put("pi01", old)
    _, out, _ = typed("cards", "--hosts", "pi01", "--to", str(room / "cards"))
    assert "It had another key until now, which counts no more." in out
    assert known(room).key_of("pi01") != old


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Say where the cards are, with one of --to FOLDER, --watch, --onto PATH or --into FILE.img."),
        (
            ["--to", "a", "--watch"],
            "Say where the cards are, with one of --to FOLDER, --watch, --onto PATH or --into FILE.img.",
        ),
        (["--watch", "--like", "a"], "--like is for --to; a card that is seen tells its system itself."),
        (["--to", "a", "--release", "buster"], "--release is 'buster'; without a card only trixie can be prepared"),
        (["--again", "lab", "--watch"], "--again is 'lab', which are 3 boards; name one."),
        (["--into", "a.img"], "An image is the card of one board, and 3 are named; name one with --hosts or --again."),
        (["--into", "a.img", "--hosts", "pi01"], "There is no image a.img"),
        (["--into", "group_vars", "--hosts", "pi01"], "--into is 'group_vars', which is no file: a card itself is"),
        (["--onto", "nowhere"], "nowhere is not the FAT partition of a card for a Raspberry Pi"),
        (["--to", "a", "--hosts", "other"], "No board can be called 'zed_1'"),
        (["--to", "a", "--hosts", "pi99"], "'pi99' is neither a board nor a group of the inventory"),
        (["--to", "a", "--ask-password"], "There is no terminal to ask on (Password of the account on the boards)"),
    ],
)
def test_what_makes_no_sense_is_refused_with_one_sentence_and_nothing_is_known(
    room: Path,
    typed: Callable[..., tuple[int, str, str]],
    words: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(getpass, "getpass", _without_a_terminal)
    before = set(contents(room))
    status, out, err = typed("cards", *words)
    assert status == 1
    assert err.startswith(sentence), err
    assert len(err.splitlines()) == 1
    assert {name for name in set(contents(room)) - before if not name.startswith("home/")} == set()
    assert not (room / "host_keys").exists()
    assert "Traceback" not in out


def _without_a_terminal(_: str) -> str:
    raise EOFError


def test_the_password_of_the_wifi_is_asked_for_and_is_on_no_card(
    room: Path, typed: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (room / "group_vars/all.yml").write_text("---\ncard_wifi_ssid: school\ncard_country: KR\n")
    monkeypatch.setattr(getpass, "getpass", lambda _: "open sesame")
    assert typed("cards", "--to", str(room / "cards"))[0] == 0
    everything = b"".join(contents(room).values())
    assert b"open sesame" not in everything
    assert everything.count(b"access-points") == 3
    answers = iter(["open sesame", "open sesam"])
    monkeypatch.setattr(getpass, "getpass", lambda _: next(answers))
    assert typed("cards", "--to", str(room / "cards"))[2] == "The two passwords differ; type the command again.\n"


@pytest.mark.parametrize("name", ["known_hosts", "host_keys"])
def test_no_card_is_written_whose_key_could_not_be_kept(
    room: Path, typed: Callable[..., tuple[int, str, str]], name: str
) -> None:
    card = fresh_card(room / "card")
    before = contents(card)
    if name == "host_keys":
        (room / name).write_text("in the way")
    else:
        (room / name).mkdir()
    status, _, err = typed("cards", "--onto", str(card))
    assert status == 1
    assert err.startswith(f"{room / name} cannot be used: ")
    assert len(err.splitlines()) == 1
    assert contents(card) == before


def test_a_folder_for_bookworm_is_made_like_a_card(room: Path, typed: Callable[..., tuple[int, str, str]]) -> None:
    like = fresh_card(room / "bootfs", "bookworm")
    before = contents(like)
    status, out, err = typed("cards", "--hosts", "pi01", "--to", str(room / "cards"), "--like", str(like))
    assert (status, err) == (0, "")
    assert "Raspberry Pi OS bookworm 2025-05-13, custom.toml" in out
    assert b"systemd.run=/boot/firmware/pilab/first.sh" in contents(room / "cards/pi01")["cmdline.txt"]
    assert contents(like) == before


class Reader:
    """Card readers: what is in them stands in a list of mounts, as the kernel keeps it."""

    def __init__(self, table: Path) -> None:
        self.table = table
        self._looks = 0
        self._looked = threading.Condition()
        self.hold()

    def looked_at(self) -> list[watch.Mounted]:
        found = LOOK()
        with self._looked:
            self._looks += 1
            self._looked.notify_all()
        return found

    def empty(self) -> None:
        """Have nothing in until that was seen: nobody changes a card within half a second."""
        self.hold()
        with self._looked:
            before = self._looks
            # A look may have begun before.
            assert self._looked.wait_for(lambda: self._looks >= before + 2, 20)

    def hold(self, *cards: Path) -> None:
        rows = [
            f"36 25 8:{number} / {_escaped(card)} rw - vfat /dev/sd{number} rw\n" for number, card in enumerate(cards)
        ]
        self.table.write_text("22 1 0:20 / / rw - ext4 /dev/root rw\n" + "".join(rows))


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\134").replace(" ", "\\040")


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.setattr(watch, "MOUNTS", tmp_path / "mountinfo")
    monkeypatch.setattr(watch, "PAUSE_S", 0.005)
    made = Reader(tmp_path / "mountinfo")
    monkeypatch.setattr(watch, "mounted", made.looked_at)
    return made


def test_cards_are_written_as_they_come_and_a_wrong_one_stops_nothing(
    room: Path, reader: Reader, typed: Callable[..., tuple[int, str, str]]
) -> None:
    cards = {name: fresh_card(room / f"media/anna/boot fs {name}") for name in ("a", "b", "c")}
    foreign = fresh_card(room / "media/anna/ubuntu", without="issue.txt")
    log: list[str] = []

    def teacher() -> None:
        """Two cards at once, a foreign one, then those that are wanted; each goes out when it is written."""
        reader.hold(cards["a"], cards["b"])
        heard.wait("2 cards are in")
        reader.hold(foreign)
        heard.wait("pi01  not written")
        for name, board in zip(cards, BOARDS, strict=True):
            reader.empty()
            reader.hold(cards[name])
            heard.wait(f"{board}  written")
        reader.hold()

    heard = Heard(log)
    hands = threading.Thread(target=teacher, daemon=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("commands.output.SAY", heard)
        hands.start()
        status, _, err = typed("cards", "--watch")
    hands.join(10)
    assert (status, err) == (0, ""), log
    assert not hands.is_alive()
    assert log[-1] == "3 cards. Once the boards are on: ansible-playbook site.yml"
    assert next(line for line in log if "Eject it" in line).endswith("Next is pi02.")
    for name, board in zip(cards, BOARDS, strict=True):
        assert key_of_card(cards[name], room) == known(room).key_of(board)
    assert "pilab/seat" not in contents(foreign)


class Heard:
    """What a command says, and a way to wait for it."""

    def __init__(self, log: list[str]) -> None:
        self._log = log
        self._more = threading.Condition()

    def __call__(self, text: str) -> None:
        with self._more:
            self._log.append(text)
            self._more.notify_all()

    def wait(self, words: str) -> None:
        with self._more:
            assert self._more.wait_for(lambda: any(words in each for each in self._log), 20), self._log


def test_a_card_that_was_put_in_beside_another_is_nobodys_until_it_was_out(
    room: Path, reader: Reader, typed: Callable[..., tuple[int, str, str]]
) -> None:
    cards = {name: fresh_card(room / f"media/anna/{name}") for name in ("a", "b")}
    fresh = contents(cards["b"])
    log: list[str] = []
    heard = Heard(log)
    kept: list[bool] = []

    def teacher() -> None:
        """The first of two cards is let go as it is written, so that the other one is the only card."""
        reader.hold(cards["a"])
        heard.wait("pi01  written")
        reader.hold(cards["b"])
        heard.wait("Another card is in")
        kept.append(contents(cards["b"]) == fresh)
        reader.empty()
        reader.hold(cards["b"])
        heard.wait("pi02  written")
        reader.hold()

    hands = threading.Thread(target=teacher, daemon=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("commands.output.SAY", heard)
        hands.start()
        status, _, err = typed("cards", "--watch", "--hosts", "pi01,pi02")
    hands.join(10)
    assert (status, err, kept) == (0, "", [True]), log
    said = f"Another card is in, at {cards['b']}, and stays as it is: take out all of them, and put them in one after"
    assert [line for line in log if line.startswith("Another card")] == [f"{said} the other."]
    for name, board in zip(cards, BOARDS, strict=False):
        assert key_of_card(cards[name], room) == known(room).key_of(board)


def test_what_is_mounted_for_this_computer_itself_is_no_card(reader: Reader, tmp_path: Path) -> None:
    reader.hold(Path("/boot/firmware"), Path("/boot"), fresh_card(tmp_path / "bootfs"), tmp_path)
    assert [each.path for each in watch.mounted()] == [tmp_path / "bootfs"]


def test_labels_have_a_name_a_seat_and_a_code_of_their_own(
    room: Path, typed: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.cards.LABELS", str(room / "labels.html"))
    (room / "inventory.ini").write_text('[lab]\npi[01:03] ansible_user=anna seat="C<2>"\n')
    status, out, err = typed("cards", "--print", "--lang", "ko")
    assert (status, out, err) == (0, f"Labels: {room / 'labels.html'}\n", "")
    page = (room / "labels.html").read_text()
    assert '<html lang="ko">' in page
    assert "보드 이름표" in page
    assert [html.unescape(each) for each in re.findall(r'class="name">(.*?)<', page)] == list(BOARDS)
    assert page.count("C&lt;2&gt;") == 3
    assert len(set(re.findall(r"<svg.*?</svg>", page, re.DOTALL))) == 3


def test_a_code_is_that_of_the_name() -> None:
    """Read back by OpenCV, which had no part in making it."""
    import cv2  # noqa: PLC0415 - takes long to load
    import numpy as np  # noqa: PLC0415
    import segno  # noqa: PLC0415

    for name in ("pi07", "p" * 63):
        made = segno.make_qr(name, error=labels.LEVEL)
        picture = np.array(
            [[0 if dark else 255 for dark in row] for row in made.matrix_iter(scale=8, border=4)], np.uint8
        )
        assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == name
        assert labels.code(name).startswith("<svg")
