"""Fetch a detector from an address once, into the user's cache."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from bball_tag.errors import DetectorError, OptionError
from bball_tag.files import make_folder, why, write_text

_PIECE = 1 << 16
"""Bytes written at once."""

Progress = Callable[[str], AbstractContextManager[Callable[[float, float], None]]]
"""Opens a bar of that name, moved by bytes done and bytes in all."""


def is_address(name: str) -> bool:
    """Say whether a detector is named by an address."""
    return name.lower().startswith(("http://", "https://"))


def fetch(address: str, progress: Progress) -> Path:
    """Return the file of an address from the user's cache; the first time it is fetched, whole or not at all.

    `#sha256=` and a sum at the end of the address are checked. Without them the sum of the first download is
    kept beside the file, and the file must have it ever after.

    Raises:
        OptionError: The address makes no sense.
        DetectorError: It cannot be downloaded, or its sum is wrong.
    """
    place = _place(address)
    if place.file.exists():
        actual = _sum(place.file)
        if place.expected not in (None, actual):
            raise DetectorError(
                f"{place.file} is not the file that it should be: its SHA-256 sum is {actual}, not "
                f"{place.expected}. Delete it to fetch it again from {place.url}."
            )
    else:
        make_folder(place.file.parent)
        _download(place, progress)
    if place.expected is None:
        write_text(place.record, f"{_sum(place.file)}  {place.file.name}\n")
    return place.file


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an address comes from and goes to."""

    url: str
    file: Path
    record: Path
    """The file beside it that keeps its sum."""
    expected: str | None
    """The SHA-256 sum that it must have: as given, or as recorded."""


def _place(address: str) -> _Place:
    url, _, fragment = address.partition("#")
    given = re.fullmatch(r"sha256=([0-9a-fA-F]{64})", fragment)
    if fragment and not given:
        raise OptionError(
            f"The address {address} ends in #{fragment}. Only #sha256= and 64 hexadecimal digits may follow."
        )
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise OptionError(f"Cannot read the address {address}: {error}.") from error
    if not host:
        raise OptionError(f"The address {address} names no server.")
    name = re.sub(r"[^\w.-]+", "_", Path(parts.path).name) or "detector.onnx"
    cache = platformdirs.user_cache_path("bball-tag", appauthor=False) / "detectors"
    file = cache / hashlib.sha256(url.encode()).hexdigest()[:8] / name
    record = file.with_name(f"{name}.sha256")
    return _Place(url, file, record, given[1].lower() if given else _recorded(record))


def _recorded(record: Path) -> str | None:
    try:
        return record.read_text(encoding="utf-8").split()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        return None


def _sum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _download(place: _Place, progress: Progress) -> None:
    # Half a second, and needed by few.
    import pooch
    from requests.exceptions import RequestException

    pooch.get_logger().setLevel("ERROR")
    with progress(place.file.name) as move:
        downloader = pooch.HTTPDownloader(progressbar=_Bar(move), chunk_size=_PIECE)
        try:
            pooch.retrieve(
                place.url, place.expected, place.file.name, place.file.parent, downloader=downloader
            )
        except RequestException as error:
            raise DetectorError(
                f"Cannot fetch the detector from {place.url}: {_reason(error)}. Try again, or fetch it by "
                f"other means and put it into {place.file.parent} as {place.file.name}."
            ) from error
        except ValueError as error:
            raise DetectorError(
                f"What {place.url} sends has not the SHA-256 sum {place.expected}, and was thrown away. "
                "Compare the sum with the publisher's. If the file was renewed, give the new sum, or delete "
                f"{place.record}."
            ) from error
        except OSError as error:
            raise DetectorError(f"Cannot write {place.file}: {why(error)}.") from error


def _reason(error: Exception) -> str:
    """Say in few words why a download failed: requests' own are long."""
    from requests.exceptions import ChunkedEncodingError, ConnectionError, HTTPError, Timeout

    if isinstance(error, HTTPError) and error.response is not None:
        return f"the server answers {error.response.status_code} {error.response.reason}".strip()
    if isinstance(error, Timeout):
        return "the server does not answer in time"
    if isinstance(error, ChunkedEncodingError):
        return "the connection broke halfway"
    if isinstance(error, ConnectionError):
        return "the server cannot be reached"
    return str(error).removesuffix(".")


class _Bar:
    """The bar as pooch moves it."""

    total = 0

    def __init__(self, move: Callable[[float, float], None]) -> None:
        self._move, self._done = move, 0

    def update(self, count: int) -> None:
        self._done += count
        self._move(min(self._done, self.total), self.total)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        pass
