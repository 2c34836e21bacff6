"""Who computes: this process alone, processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from bball_tag.checks import check_number
from bball_tag.scale.crew import Crew
from bball_tag.scale.places import Place


@contextmanager
def workers(jobs: int | None, cluster: str | None) -> Iterator[Crew | None]:
    """Yield a crew, which ends with the block; None where this process computes, in one pass.

    Nobody is looked for, nor begins, before there is something to compute.

    Args:
        jobs: How many workers; None is one here, and as many as there is room for in a cluster.
        cluster: `auto`, or the address of a Ray cluster; None takes processes of this machine.

    Raises:
        OptionError: The number makes no sense.
        NoWorkersError: There is no such cluster, or Ray is not installed; once somebody is looked for.
    """
    if cluster is not None:
        from bball_tag.scale.on_ray import ray_crew

        with ray_crew(cluster, jobs) as crew:
            yield crew
    else:
        with crew_of(jobs) as processes:
            yield processes


@contextmanager
def place_of(jobs: int | Crew | Place | None) -> Iterator[Place | None]:
    """Yield the place that is given, else one before a crew, which is left with the block.

    Args:
        jobs: A place, a crew, or how many processes there are: see `crew_of`.

    Raises:
        OptionError: The number makes no sense.
    """
    if isinstance(jobs, Place):
        yield jobs
    elif isinstance(jobs, Crew):
        with closing(jobs.place()) as place:
            yield place
    else:
        with crew_of(jobs) as crew:
            yield None if crew is None else crew.place()


@contextmanager
def crew_of(jobs: int | None) -> Iterator[Crew | None]:
    """Yield a crew of `jobs` processes, which ends with the block.

    Nobody (None) where there is no more than one process: this one.

    Raises:
        OptionError: The number makes no sense.
    """
    number = 1 if jobs is None else jobs
    check_number("jobs", number, 1, whole=True)
    if number == 1:
        yield None
        return
    from bball_tag.scale.processes import processes

    with processes(number) as crew:
        yield crew
