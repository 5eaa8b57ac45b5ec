"""What is read of an entry of an agent's list of containers: all of it at once, or its words first and the rest with care.

Document: https://mesos.apache.org/documentation/latest/operator-http-api/#get_containers-1,
          https://mesos.apache.org/documentation/latest/endpoints/slave/containers/
"""

from __future__ import annotations

import msgspec

from collectors.sources.container_statistics import Statistics
from collectors.sources.container_values import NOTHING


class Id(msgspec.Struct, frozen=True, gc=False):
    value: str
    parent: Id | None = None


class Name(msgspec.Struct, frozen=True, gc=False):
    value: str | None = None


class Status(msgspec.Struct, frozen=True, gc=False):
    container_id: Id | None = None
    executor_pid: int | None = None


class RootWords(msgspec.Struct, frozen=True, gc=False):
    """What an entry of GET /containers says in words."""

    container_id: str
    framework_id: str | None = None
    executor_id: str | None = None
    executor_name: str | None = None
    source: str | None = None


class Root(RootWords, frozen=True):
    """The entry, the rest of which is to be read by itself."""

    status: msgspec.Raw = NOTHING
    statistics: msgspec.Raw = NOTHING


class UsualRoot(RootWords, frozen=True, gc=False):
    """An entry all of which can be read."""

    status: Status | None = None
    statistics: Statistics | None = None


class Words(msgspec.Struct, frozen=True, gc=False):
    """The same of an entry of GET_CONTAINERS."""

    container_id: Id
    framework_id: Name | None = None
    executor_id: Name | None = None
    executor_name: str | None = None


class Container(Words, frozen=True):
    container_status: msgspec.Raw = NOTHING
    resource_statistics: msgspec.Raw = NOTHING


class UsualContainer(Words, frozen=True, gc=False):
    container_status: Status | None = None
    resource_statistics: Statistics | None = None


class Containers(msgspec.Struct, frozen=True):
    containers: list[msgspec.Raw] | None = None


class Document(msgspec.Struct, frozen=True):
    get_containers: Containers
    """Without containers it is empty, but there: an answer that lacks it is none to this question."""


class UsualContainers(msgspec.Struct, frozen=True):
    containers: list[UsualContainer] | None = None


class UsualDocument(msgspec.Struct, frozen=True):
    """A document all of whose containers can be read."""

    get_containers: UsualContainers
