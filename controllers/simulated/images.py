"""Which behaviour a container gets: its image's from the catalogue, changed by the scenario and by annotations."""

from __future__ import annotations

import functools
import logging
from dataclasses import replace
from typing import Final

from apimachinery import meta
from apimachinery.objects import View
from controllers.simulated import image_names
from controllers.simulated.behaviour import Behaviour, Pull
from controllers.simulated.catalogue import CATALOGUE, Entry
from controllers.simulated.container import full_image
from controllers.simulated.programs import commanded, interprets
from controllers.simulated.scenario import ANNOTATION, Rule, Scenario, ScenarioError, parse_annotation

UNKNOWN: Final = Entry(("*",), Behaviour())
_WELL_KNOWN_MOUNTS: Final = ("/etc/nginx", "/usr/local/apache2/conf")

log = logging.getLogger(__name__)


@functools.lru_cache(maxsize=4096)
def entry_of(image: str) -> Entry:
    """The catalogue's entry for an image; the one for unknown images when there is none."""
    repository = full_image(image).partition("@")[0].rpartition(":")[0]
    name = repository.removeprefix("docker.io/").removeprefix("library/")
    return next((e for e in CATALOGUE if e.covers(name)), UNKNOWN)


@functools.lru_cache(maxsize=1024)
def _annotated(text: str) -> Rule | None:
    try:
        return parse_annotation(text)
    except ScenarioError as error:
        log.warning("%s", error)
        return None


@functools.lru_cache(maxsize=4096)
def _plain(image: str) -> Behaviour:
    """The behaviour of an image that is started as it is, or that cannot be pulled."""
    found = entry_of(image).behaviour
    if problem := image_names.pull_error(image):
        return replace(found, pull=Pull(error=problem))
    return found


class Images:
    """The behaviours of one cluster."""

    def __init__(self, scenario: Scenario | None = None) -> None:
        self._scenario = scenario or Scenario()

    def behaviour(self, pod: View, container: View) -> Behaviour:
        """How a container of a pod behaves."""
        image = str(container["image"])
        found = _plain(image)
        command = container.get("command") or ()
        if interprets(entry_of(image).is_shell, container):
            found = replace(found, program=commanded, lines=(), ports=None, paths=None)
        elif command:
            found = replace(found, program=None, lines=(), ports=None, paths=None)
        elif found.ports is not None and any(
            str(m["mountPath"]).startswith(_WELL_KNOWN_MOUNTS) for m in container.get("volumeMounts") or ()
        ):
            found = replace(found, ports=None, paths=None)
        if self._scenario.images:
            found = self._scenario.apply(pod, container, found)
        if text := meta.annotations(pod).get(ANNOTATION):
            rule = _annotated(text)
            if rule is not None and rule.match.matches(pod, container):
                found = rule.apply(found)
        return found
