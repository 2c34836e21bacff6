"""Videos of a folder that failed: named at once, and listed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from bball_tag import console
from bball_tag.errors import BballTagError, OptionError, VideoOptionError, explain_import, explain_memory
from bball_tag.files import why


class Failures:
    """The videos that failed so far, and why. They are listed in a folder while others are at work."""

    def __init__(self, folder: Path, *, options_fit: bool) -> None:
        """Begin with none.

        Args:
            folder: Where they are listed.
            options_fit: Whether it is known that the options fit some video: else one that makes no sense
                ends the work for all.
        """
        self._folder, self._options_fit = folder, options_fit
        self._failed: dict[Path, str] = {}
        self._only_options = True
        self._is_behind = False
        """Whether the list could not be written, and a warning says so."""

    def note(self, video: Path, error: BaseException | None) -> None:
        """Note how a video ended: None is well.

        Raises:
            BaseException: `error` itself, where the next video would fail too, or nobody knows.
        """
        if error is None:
            self._options_fit = True
            self.forget([video])
            return
        reason = _reason(video, error)
        is_for_all = isinstance(error, OptionError) and not isinstance(error, VideoOptionError)
        if reason is None or (is_for_all and not self._options_fit):
            raise error
        self._only_options &= isinstance(error, OptionError)
        self.refuse({video: reason})

    def refuse(self, videos: Mapping[Path, str]) -> None:
        """Name videos that were not tried, and why."""
        if videos:
            self._failed |= videos
            for reason in videos.values():
                console.show_error(reason)
            self._write_if_possible()

    def forget(self, videos: Collection[Path]) -> None:
        """List some videos no longer: they are done, or not there any more."""
        if self._is_behind or self._failed.keys() & set(videos):
            self._failed = {video: why for video, why in self._failed.items() if video not in videos}
            self._write_if_possible()

    def end(self, tried: int) -> None:
        """Show all that failed of those that were tried, if any.

        Raises:
            OptionError: There was nothing but options that fit none of them.
            BballTagError: Some failed, or the list of them cannot be written.
        """
        if self._failed:
            console.show_table(("video", "why"), [(video.name, why) for video, why in self._failed.items()])
        self._write()
        if not self._failed:
            return
        fit_none = self._only_options and len(self._failed) == tried
        raise (OptionError if fit_none else BballTagError)(
            f"{len(self._failed)} of {tried} videos failed: {', '.join(map(str, self._failed))}. "
            f"{self._list()} says why; the same command tries these again."
        )

    def _write_if_possible(self) -> None:
        """Write the list; where that fails, as while another program holds it, the next change writes it."""
        try:
            self._write()
        except (BballTagError, OSError) as error:
            if not self._is_behind:
                known = isinstance(error, BballTagError)
                reason = str(error) if known else f"Cannot write {self._list()}: {why(error)}."
                console.log.warning("%s It is tried again with the next game.", reason)
            self._is_behind = True
        else:
            self._is_behind = False

    def _write(self) -> None:
        from bball_tag.annotations.outputs import write_failures

        write_failures(self._folder, self._failed)

    def _list(self) -> Path:
        from bball_tag.annotations.outputs import FAILURES

        return self._folder / FAILURES


def _reason(video: Path, error: BaseException) -> str | None:
    """Return in a sentence why a video failed; None where the next one would fail too, or nobody knows."""
    from bball_tag.scale.worker import NoWorkersError

    # The pipe is standard output: whoever read it has ended.
    if isinstance(error, NoWorkersError | BrokenPipeError):
        return None
    known = error if isinstance(error, BballTagError) else explain_memory(error)
    if known is not None:
        return str(known)
    if not isinstance(error, OSError) or explain_import(error) is not None:
        return None
    file = "" if error.filename in (None, str(video)) else f" ({error.filename})"
    return f"Cannot annotate {video}: {why(error)}{file}."
