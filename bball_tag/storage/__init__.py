"""Files on shared storage: addresses such as `s3://bucket/game.mp4`, through fsspec."""

from bball_tag.storage.address import Address, located, within
from bball_tag.storage.copies import local_file, send
from bball_tag.storage.lent import HeldFile, lent_file, remove_lent
from bball_tag.storage.many import each_of, expanded

__all__ = [
    "Address",
    "HeldFile",
    "each_of",
    "expanded",
    "lent_file",
    "local_file",
    "located",
    "remove_lent",
    "send",
    "within",
]
