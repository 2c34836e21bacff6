"""Who computes: this process alone, processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bball_tag.checks import check_number
from bball_tag.scale.crew import Crew


@contextmanager
def workers(jobs: int | None, cluster: str | None) -> Iterator[Crew | None]:
    """Yield a crew, which ends with the block; None where this process computes, in one pass.

    Args:
        jobs: How many workers; None is one here, and as many as there is room for in a cluster.
        cluster: `auto`, or the address of a Ray cluster; None takes processes of this machine.

    Raises:
        OptionError: The number makes no sense.
        BballTagError: There is no such cluster, or Ray is not installed.
    """
    if cluster is not None:
        from bball_tag.scale.on_ray import ray_crew

        with ray_crew(cluster, jobs) as crew:
            yield crew
    else:
        with crew_of(jobs) as processes:
            yield processes


@contextmanager
def crew_of(jobs: int | Crew | None) -> Iterator[Crew | None]:
    """Yield a crew of `jobs` processes, which ends with the block; a crew that is given stays as it is.

    Nobody (None) where there is no more than one process: this one.

    Raises:
        OptionError: The number makes no sense.
    """
    if isinstance(jobs, Crew):
        yield jobs
        return
    number = 1 if jobs is None else jobs
    check_number("jobs", number, 1, whole=True)
    if number == 1:
        yield None
        return
    from bball_tag.scale.processes import processes

    with processes(number) as crew:
        yield crew
