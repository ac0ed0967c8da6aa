"""What is secret in a URL, and texts without it."""

import re
from typing import Final
from urllib.parse import urlsplit

__all__ = ["hidden_in", "secrets_in", "without_secrets"]

_HIDDEN: Final = "***"
_SHORTEST: Final = 4
"""Characters below which a part is no secret, and would be found everywhere."""


def secrets_in(url: str) -> list[str]:
    """Parts of a URL that nobody else is to see: passwords, and all of its query.

    Examples
    --------
    >>> secrets_in("https://me:secret@example.org/a?signature=abc")
    ['secret', 'signature=abc']
    """
    secrets = []
    for part in url.split("::"):
        split = urlsplit(part)
        user, _, _ = split.netloc.rpartition("@")
        secrets += [user.partition(":")[2], split.query]
    return [secret for secret in secrets if secret]


def without_secrets(url: str) -> str:
    """A URL without its password and its query.

    Examples
    --------
    >>> without_secrets("https://me:secret@example.org/a?signature=abc")
    'https://me:***@example.org/a?***'
    """
    shown = re.sub(r"(//[^/@:?#]*):[^/?#]*@", rf"\1:{_HIDDEN}@", url)
    return re.sub(r"(://[^?#]*)\?[^#]+", rf"\1?{_HIDDEN}", shown)


def hidden_in(text: str, url: str) -> str:
    """A text without what is secret in a URL."""
    for secret in secrets_in(url):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, _HIDDEN)
    return text
