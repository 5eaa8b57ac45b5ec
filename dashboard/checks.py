"""What must be right in the settings before Day Two may run: each check says what, where and what to do."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security)
def any_host_is_allowed(**_: Any) -> list[CheckMessage]:
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    hint = "List the names this server is reached by, separated by commas."
    return [Error("DAYTWO_ALLOWED_HOSTS allows every host name.", hint=hint, id="daytwo.E001")]


@register(Tags.security)
def credential_keys_are_keys(**_: Any) -> list[CheckMessage]:
    try:
        for key in settings.CREDENTIAL_KEYS:
            Fernet(key)
    except ValueError:
        hint = 'Make one: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
        return [Error("DAYTWO_CREDENTIAL_KEYS holds something that is no key.", hint=hint, id="daytwo.E002")]
    return []


@register(Tags.security, deploy=True)
def data_folder_is_private(**_: Any) -> list[CheckMessage]:
    folder = settings.DATA_DIR
    if not folder.exists() or not folder.stat().st_mode & 0o007:
        return []
    hint = f"Run: chmod 700 {folder}"
    return [Warning("Others may read the data folder, which holds the secret keys.", hint=hint, id="daytwo.W003")]


@register(Tags.urls)
def links_lead_to_the_sub_path(**_: Any) -> list[CheckMessage]:
    if not settings.PUBLIC_URL or settings.PUBLIC_URL.endswith(settings.SUB_PATH):
        return []
    hint = f"Let DAYTWO_PUBLIC_URL end with {settings.SUB_PATH}, as people see it."
    return [Warning("Links in notices leave DAYTWO_SUB_PATH out.", hint=hint, id="daytwo.W004")]
