"""The real template, built and deployed by SAM into an emulator of AWS on this machine.

Reading order: ``lifecycle`` (up, down) → ``emulator`` → ``build`` → ``deploy`` → ``repairs`` →
``description``. Beside them: ``artifact`` (does a build hold valid compiled modules) and
``translate`` (what SAM makes of the template), each a program of ``make check``.
"""

from local.stack.description import LocalStack
from local.stack.errors import LocalStackError
from local.stack.lifecycle import down, up

__all__ = ["LocalStack", "LocalStackError", "down", "up"]
