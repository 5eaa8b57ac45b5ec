"""The Celery application of a worker. Messages are hints: the truth about what is due stands in the Poll table (house, D6)."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, Task
from celery.signals import worker_ready, worker_shutting_down
from django.utils import timezone

from dashboard import trouble
from dashboard.running import broker_loss, memory, messages, stopping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")


class Door(Task):  # type: ignore[type-arg]
    """What holds for every task: none but the check runs on a damaged database, and what fails for want of room is noted."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if trouble.damage() and self.name != "dashboard.tasks.check_integrity":
            return None
        return super().__call__(*args, **kwargs)

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        from dashboard.store import space  # models can be imported only when the application is set up

        space.note(exc, timezone.now())


app = Celery("daytwo", task_cls=Door)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(messages.SETTINGS)
broker_loss.outlive()
app.autodiscover_tasks(["dashboard"])
# A worker waits for its threads without a limit, and Celery's own limit breaks with threads (5.7.0: no `kill_job`).
worker_shutting_down.connect(stopping.leave_soon)
worker_ready.connect(memory.settle)
