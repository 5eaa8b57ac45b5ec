"""How messages travel between the clock, the workers and the broker: Celery's settings that all of them share."""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {
    # Early acknowledgement: with late acknowledgement Celery 5.7 dies when Redis restarts under a running task, and a
    # lost poll is sent again by the dispatcher anyway.
    "task_acks_late": False,
    "task_ignore_result": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_publish_retry_policy": {"max_retries": 2, "interval_max": 0.5},
    "worker_prefetch_multiplier": 1,
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_transport_options": {
        "visibility_timeout": 600,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 15,
    },
    "timezone": "UTC",
}
