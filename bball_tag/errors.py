"""The errors that a user can act on."""


class BballTagError(Exception):
    """Something a user can mend. The message says what, on which file, why, and what to try."""


class VideoError(BballTagError):
    """A video cannot be read or written."""


class CheckpointError(BballTagError):
    """A checkpoint cannot be used."""


class ScoresError(BballTagError):
    """A score store cannot be used."""


class AnnotationError(BballTagError):
    """An annotation file cannot be read or written."""


class TracksError(BballTagError):
    """A file of player tracks cannot be read."""


class DataError(BballTagError):
    """Labelled clips cannot be used for training."""
