"""Tasks of every framework: those that run, and those that ended in the past week."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging, tables
from dashboard.api.problems import BadParameter
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.models import Task
from dashboard.queries import filter_line, freshness, task_query, tasks
from dashboard.queries.task_query import TaskQuery, Term
from dashboard.queries.tasks import SOURCE, Show, TaskRow, Wanted

ALLOCATED = "As Mesos allocated it to the task, not as it uses it."
WORDS = ("state", "framework", "app", "reason", "role")
TEXTS = tuple(field.name for field in Task._meta.concrete_fields if field.name not in ("id", "cluster", "app", "state"))


def word(help_text: str) -> serializers.CharField:
    return serializers.CharField(max_length=500, required=False, allow_blank=True, help_text=help_text)


class TasksQuery(tables.TableQuery):
    show = serializers.ChoiceField(
        [show.value for show in Show],
        required=False,
        help_text="active: those that run. ended: in the past week. failed: those of these that nobody wished for. "
        "Without it all, the newest first; those that ended stand latest first.",
    )
    state = word("Only in this state, as Mesos writes it, with TASK_ or without. `*` at an end stands for anything.")
    framework = word("Only of the framework with this id or name.")
    app = word("Only instances of the app with this id; `/group/*` for all below it.")
    reason = word("Only ended for this reason, as Mesos writes it, with REASON_ or without.")
    role = word("Only of this Mesos role.")
    host = serializers.CharField(
        max_length=255, required=False, allow_blank=True, help_text="Only those of the agent at this host."
    )
    q = serializers.CharField(
        max_length=filter_line.MOST_CHARACTERS,
        required=False,
        allow_blank=True,
        help_text="As the page's filter: words like `health:unhealthy -state:killed`, and text of id, name, host, message.",
    )


class TaskSerializer(fields.AgedSerializer):
    """One task as the leading master last listed it."""

    framework_id = serializers.CharField()
    framework = serializers.CharField(help_text="Its name, else its id.")
    task_id = serializers.CharField()
    name = fields.Said()
    marathon = fields.Said(help_text="Key of the Marathon whose app it is an instance of.")
    app = fields.Said(help_text="That app's id; null where it belongs to none.")
    executor_id = fields.Said()
    agent_id = fields.Said()
    host = fields.Said(help_text="Of the agent with that id; null where it is not known any more.")
    container_id = fields.Said()
    role = fields.Said()
    state = serializers.CharField(help_text="As Mesos writes it: TASK_RUNNING.")
    shown = fields.MarkSerializer(help_text="As the pages show it: not as running where the list is too old.")
    is_active = serializers.BooleanField(
        help_text="Listed among those that run or may run again, unreachable ones too."
    )
    healthy = serializers.BooleanField(allow_null=True, help_text="Null where nobody checks it.")
    reason = fields.Said(help_text="Of its last status, as Mesos writes it.")
    why = fields.Said(help_text="The reason in words.")
    message = fields.Said()
    status_source = fields.Said(help_text="Who said the last status, as Mesos writes it.")
    cpus_allocated = serializers.FloatField(help_text=f"Cores. {ALLOCATED}")
    mem_allocated_bytes = serializers.FloatField(help_text=f"Bytes. {ALLOCATED}")
    disk_allocated_bytes = serializers.FloatField(help_text=f"Bytes. {ALLOCATED}")
    gpus_allocated = serializers.FloatField(help_text=f"GPUs. {ALLOCATED}")
    first_seen = serializers.DateTimeField(help_text="When Day Two first saw it.")
    first_status_at = serializers.DateTimeField(allow_null=True, help_text="By the clock of its agent.")
    running_at = serializers.DateTimeField(allow_null=True, help_text="Since when it ran.")
    last_status_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(
        allow_null=True, help_text="When its end was told; of one that ended unseen, when it was first listed no more."
    )


class TasksSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Tasks of every framework. What runs is as old as `taken_at`; that a task ended stays true."""

    results = TaskSerializer(many=True)


class TasksOfCluster(Resource):
    query = TasksQuery

    @described("tasks", "The tasks", answer=TasksSerializer, query=TasksQuery, csv=True)
    def get(self, request: Request, cluster_name: str) -> HttpResponseBase:
        """Five queries."""
        cluster, asked = cluster_named(cluster_name), self.asked
        wanted, source = _wanted(asked), freshness.of(cluster, self.now)[SOURCE]
        if tables.wants_csv(request, asked):
            every = (task(row, source.sample_at) for row in tasks.every(cluster, wanted, source))
            return tables.answer(f"{cluster.name}-tasks", TaskSerializer, every, self.now)
        found = tasks.page(cluster, wanted, source, after=_after(asked, wanted), limit=asked["limit"] + 1)
        page = paging.page(found, _key(wanted), request, limit=asked["limit"])
        answer = {
            **fields.of_source(source),
            "count": tasks.count(cluster, wanted),
            "next": page.next,
            "results": [task(row, source.sample_at) for row in page.results],
        }
        return Response(TasksSerializer(answer, context={"now": self.now}).data)


def _wanted(asked: dict[str, Any]) -> Wanted:
    """Raises BadParameter."""
    query = task_query.parse(asked.get("q", ""))
    if query.problems:
        problem = query.problems[0]
        raise BadParameter(f"q: {problem.part} {problem.why}.", parameter="q", allowed=problem.allowed)
    words = [Term(key=name, values=(asked[name],), negated=False) for name in WORDS if asked.get(name)]
    return Wanted(
        show=Show(asked["show"]) if "show" in asked else None,
        query=TaskQuery((*query.terms, *words)),
        host=asked.get("host", ""),
    )


def _key(wanted: Wanted) -> paging.KeyOf[TaskRow]:
    def by_end(row: TaskRow) -> paging.Key:
        ended_at, number = row.place
        return paging.moment_key(ended_at, number) if ended_at else (str(number),)

    def by_id(row: TaskRow) -> paging.Key:
        return (str(row.task.pk),)

    return by_end if tasks.is_by_end(wanted) else by_id


def _after(asked: dict[str, Any], wanted: Wanted) -> tuple[Any, int] | None:
    """Raises BadParameter."""
    if tasks.is_by_end(wanted):
        return paging.moment_before(asked)
    number = paging.id_before(asked)
    return None if number is None else (None, number)


def task(row: TaskRow, taken_at: Any) -> dict[str, Any]:
    """A task for TaskSerializer; one that ended is of the time of its end."""
    own = row.task
    return {
        **{name: getattr(own, name) for name in TEXTS},
        "taken_at": own.ended_at or taken_at,
        "framework": row.framework,
        "marathon": own.app.marathon.key if own.app else "",
        "app": own.app.app_id if own.app else "",
        "state": own.state,
        "shown": row.state,
        "why": row.reason,
        "status_source": own.source,
    }
