# SPDX-License-Identifier: MIT
"""What the tests of failing system calls need of the integration tests' helpers."""

# pylint: disable=unused-import

from __future__ import annotations

import os
from pathlib import Path

import buildtree  # noqa: F401
import home
import processes  # noqa: F401 (whoever loses a parent becomes this process's child)
import tested
from strictjson import compact_json
from varlinkpeer import connect_unix

FAULTER = Path(os.environ["DLTEST_FAULTER"])
