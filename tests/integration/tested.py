# SPDX-License-Identifier: MIT
"""What is tested and where it is, as the environment of a test says."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

CLIENT = Path(os.environ["DLTEST_CLIENT"])
DAEMON = Path(os.environ["DLTEST_DAEMON"])
LOADER = Path(os.environ["DLTEST_LOADER"])
FIXTURES = Path(os.environ["DLTEST_FIXTURES"]).resolve()
SOURCE_DIR = Path(os.environ["DLTEST_SOURCE_DIR"])
BUILD_DIR = Path(os.environ["DLTEST_BUILD_DIR"])
VERSION = os.environ["DLTEST_VERSION"]
SANITIZED = os.environ.get("DLTEST_SANITIZED") == "1"
MUST_WORK = os.environ.get("DLTEST_SANDBOX_MUST_WORK") == "1"

INTERFACE = "dev.tsuku.DlTest"
IDL = SOURCE_DIR / "include/dltest/dev.tsuku.DlTest.varlink"
REQUEST_MAX = 1024 * 1024

sys.path[:0] = [str(SOURCE_DIR / "tests/fixtures"), str(SOURCE_DIR / "tests/tools")]
import make  # noqa: E402  pylint: disable=wrong-import-position
from needs import spell_out  # noqa: E402  pylint: disable=wrong-import-position


def _reasons() -> frozenset[str]:
    text = IDL.read_text()
    body = re.search(r"^type Reason \(\n(.*?)^\)", text, re.S | re.M)
    assert body
    return frozenset(re.findall(r"[a-z_]+", body[1]))


REASONS = _reasons()
