"""The run folder: what a run leaves behind beside its checkpoint."""

from __future__ import annotations

import json
import logging
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bball_tag import __version__
from bball_tag.errors import BballTagError, DataError
from bball_tag.faults import FormError
from bball_tag.files import make_folder, why, write_text
from bball_tag.json_files import as_object, field, load_json

_PACKAGES = ("torch", "pytorchvideo", "lightning-fabric", "numpy", "scikit-learn", "av")
_PRECISION = ("precision", "fp32_stem")
log = logging.getLogger("bball_tag.train")


class _LogFile(logging.FileHandler):
    """A log that ends nothing where it cannot be written: what matters more says that the disk is full."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Print no traceback."""

    def close(self) -> None:
        """Close it, whole or not."""
        with suppress(OSError):
            super().close()


class RunFolder:
    """The folder of a run, and what lies where in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoint = path / "checkpoint.safetensors"
        """The best epoch, once the run is finished."""
        self.best = path / "best.safetensors"
        """The best epoch so far."""
        self.state = path / "state.safetensors"
        """Everything needed to resume."""
        self.settings = path / "settings.json"
        self.split = path / "split.json"
        self.results = path / "log.csv"
        self.log = path / "train.log"
        self.tensorboard = path / "tensorboard"

    def check(self, *, resume: bool, overwrite: bool) -> None:
        """Refuse a folder that could not be written into later, or holds another run.

        Raises:
            BballTagError: It cannot be used; the message says what to do.
        """
        if self.path.is_file():
            raise BballTagError(f"Cannot write into {self.path}: it is a file. Name a folder.")
        if resume and not self.settings.exists():
            raise BballTagError(f"Cannot resume: {self.path} contains no training run.")
        # A run that ended while its clips were checked has left nothing but its log.
        begun = self.path.is_dir() and any(path != self.log for path in self.path.iterdir())
        if begun and not (resume or overwrite):
            raise BballTagError(
                f"{self.path} is not empty. Continue its run with --resume, or begin again with --overwrite."
            )

    def prepare(self, *, resume: bool) -> None:
        """Make the folder, and remove what another run left in it.

        Raises:
            BballTagError: The system refuses.
        """
        make_folder(self.path)
        try:
            for path in () if resume else (self.state, self.best, self.checkpoint, self.settings, self.log):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise BballTagError(f"Cannot write into {self.path}: {error.strerror or error}.") from error

    @contextmanager
    def kept_log(self) -> Iterator[None]:
        """Keep the messages of training in `train.log`, whichever of them the user sees."""
        file = _LogFile(self.log, encoding="utf-8")
        level, shown = log.level, log.getEffectiveLevel()

        def keep(record: logging.LogRecord) -> bool:
            file.handle(record)
            return record.levelno >= shown

        log.addFilter(keep)
        log.setLevel(logging.INFO)
        try:
            yield
        finally:
            log.setLevel(level)
            log.removeFilter(keep)
            file.close()

    def check_finished(self, settings: Mapping[str, Any]) -> None:
        """Refuse to resume a finished run with other settings.

        Raises:
            DataError: They differ; the message says in what.
        """
        stored = self._stored()["recipe"]
        if changed := _changed(stored, settings):
            # Its learning rate has fallen to 0 by now, and what was between the epochs is gone.
            raise DataError(
                f"The run in {self.path} is finished: {'; '.join(changed)}. Its schedule ended with its last "
                f"epoch, so nothing is left to continue. Train further with --init {self.checkpoint} "
                f"and another --out{_further(stored, settings)}, or begin again with --overwrite."
            )

    def write_settings(self, settings: Mapping[str, Any], fingerprint: str) -> None:
        """Write the recipe, what it is applied to, and the versions."""
        write_json(self.settings, {"recipe": settings, "data": fingerprint, "versions": versions()})

    def stored_settings(self, settings: Mapping[str, Any], fingerprint: str) -> dict[str, Any]:
        """Return the settings that the run began with; refuse to resume with others or with other data.

        The precision may be another one: that a run must be continued in fp32 is found out along the way.

        Raises:
            DataError: They differ; the message says in what.
        """
        stored = self._stored()
        changed = _changed(stored["recipe"], settings)
        if stored["data"] != fingerprint:
            changed.append("the clips or their labels are others")
        if changed:
            raise DataError(
                f"Cannot resume the run in {self.path}: {'; '.join(changed)}. "
                "Give the same settings, or begin again with --overwrite."
            )
        return dict(stored["recipe"])

    def _stored(self) -> dict[str, Any]:
        """Read what `write_settings` wrote."""
        try:
            stored = as_object(load_json(self.settings))
            return {"recipe": as_object(field(stored, "recipe")), "data": field(stored, "data")}
        except (OSError, FormError) as error:
            raise DataError(
                f"Cannot resume in {self.path}: {self.settings.name} is missing or damaged ({why(error)})."
            ) from error


def _changed(before: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} was {before.get(name)!r} and is {value!r}"
        for name, value in settings.items()
        if before.get(name) != value and name not in _PRECISION
    ]


def _further(before: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """Return how many epochs are left to train, as an option, where more are asked for than were trained."""
    epochs, trained = settings.get("epochs"), before.get("epochs")
    if isinstance(epochs, int) and isinstance(trained, int) and epochs > trained:
        return f" for the other {epochs - trained} (--epochs {epochs - trained})"
    return ""


def versions() -> dict[str, str]:
    """Return the versions of everything that can change the result."""
    return {
        "bball-tag": __version__,
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON, whole or not at all."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
