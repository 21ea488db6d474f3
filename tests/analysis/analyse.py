#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""analyse.py ANALYSER BUILD: has clang-tidy, cppcheck or gcc's own analyser look at the sources of the
client and the daemon, as compile_commands.json of the build tree BUILD has them, and fails for what they
complain of and known.txt does not explain."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
FOLDERS = ("client", "daemon", "include")
KNOWN = Path(__file__).with_name("known.txt")
COMPLAINT = re.compile(r"^(?P<file>[^\s:][^:\n]*):(?:\d+:)*\s(?:fatal )?"
                       r"(?:error|warning|portability|performance): .*\[(?P<check>[\w.,=+-]+)\]$", re.M)

# So far does clang's static analyser follow a function; with all of its 225,000 steps (DLTEST_ANALYSIS_STEPS) it takes
# twenty times as long, and has found the same.
STEPS = int(os.environ.get("DLTEST_ANALYSIS_STEPS", "8000"))


@dataclasses.dataclass
class Command:
    """How a source is compiled."""

    file: Path
    words: list[str]
    folder: str


@dataclasses.dataclass
class Known:
    """What is known of a complaint: why it is none."""

    analyser: str
    check: str
    files: str
    pattern: re.Pattern[str]
    used: bool = False

    def explains(self, analyser: str, check: str, file: str, text: str) -> bool:
        """Whether it is about this complaint."""
        return (analyser == self.analyser and self.check in check.split(",")
                and fnmatch.fnmatchcase(file, self.files) and bool(self.pattern.search(text)))


def read_known() -> list[Known]:
    """The file of known complaints: of each a line, and lines below it that say why it is none."""
    known, reasons = [], 0
    for number, line in enumerate(KNOWN.read_text().splitlines(), 1):
        if line.startswith("#") or not line:
            continue
        if line.startswith("\t"):
            reasons += 1
            continue
        if reasons < len(known):
            sys.exit(f"{KNOWN}:{number}: what is above it has no reason")
        analyser, check, files, pattern = line.split(None, 3)
        known.append(Known(analyser, check, files, re.compile(pattern, re.S)))
        reasons = len(known) - 1
    return known


def read_commands(build: Path) -> list[Command]:
    """Each source once. Of what is compiled for two C libraries it is the command for the system's,
    which the analysers know."""
    commands: dict[Path, Command] = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = Path(entry["file"])
        words = shlex.split(entry["command"])
        ours = any(file.is_relative_to(SOURCE / folder) for folder in FOLDERS)
        if not ours or file.is_relative_to(build):
            continue
        if file not in commands or not any(word.startswith("-specs=") for word in words):
            commands[file] = Command(file, words, entry["directory"])
    if len(commands) < 100:
        sys.exit(f"{build}/compile_commands.json is not understood")
    return [commands[file] for file in sorted(commands)]


def words_without_output(command: Command) -> list[str]:
    """The command that compiles, without what it makes and without other programs before the compiler."""
    words = command.words[:]
    first = next(i for i, word in enumerate(words) if word.startswith("-"))
    words = words[first - 1:]
    out = words.index("-o")
    return words[:out] + words[out + 2:]


def gcc(command: Command, _: Path) -> list[str]:
    """Compiles once more, as it is compiled, and looks at all ways through each function."""
    words = [word for word in words_without_output(command) if word != "-Werror"]
    return [*words, "-o", "/dev/null", "-fanalyzer",
            "-fdiagnostics-color=never"]


def clang_tidy(command: Command, database: Path) -> list[str]:
    """.clang-tidy says with which checks."""
    arguments = ["-Qunused-arguments"]
    for word in ("-analyzer-config", f"max-nodes={STEPS}"):
        arguments += ["-Xclang", word]
    return [shutil.which("clang-tidy-14") or "clang-tidy", "-quiet", f"-p={database}",
            *(f"--extra-arg={argument}" for argument in arguments), os.fspath(command.file)]


def cppcheck(command: Command, _: Path) -> list[str]:
    """With the macros and headers of this machine, else it stops where it does not know one."""
    flags = [word for word in command.words if word.startswith(("-I", "-D"))]
    here = "/usr/include"
    return ["cppcheck", "--quiet", "--enable=warning,portability,performance", "--std=c11",
            "--library=gnu", "--library=posix", "--suppress=*:/usr/*",
            "--template={file}:{line}:{column}: {severity}: {message} [{id}]",
            "-D__linux__", "-D__LP64__", f"-D__{os.uname().machine}__", *flags,
            f"-I{here}", f"-I{here}/{os.uname().machine}-linux-gnu", os.fspath(command.file)]


ANALYSERS = {"gcc": gcc, "clang-tidy": clang_tidy, "cppcheck": cppcheck}


def complaints(text: str) -> list[tuple[str, str, str]]:
    """File, check and text of each complaint in what an analyser printed."""
    found = list(COMPLAINT.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    result = []
    for match, end in zip(found, ends):
        whole = text[match.start():end]
        file = match["file"]
        if not Path(file).suffix:  # gcc leaves it to the first step, at times
            step = re.search(r"\|(/?[\w./-]+\.[ch]):\d+", whole)
            file = step[1] if step else file
        result.append((os.path.relpath(os.path.join(SOURCE, file), SOURCE), match["check"], whole))
    return result


def analyse(analyser: str, command: Command, database: Path) -> str:
    """What it says of a source."""
    process = subprocess.run(ANALYSERS[analyser](command, database), cwd=command.folder, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             env=os.environ | {"LC_ALL": "C"}, check=False)
    if process.returncode and not complaints(process.stdout):
        return f"{command.file}: error: exit status {process.returncode}:\n{process.stdout} [failed]\n"
    return process.stdout


def main() -> None:
    """Judges each source."""
    analyser, build = sys.argv[1], Path(sys.argv[2]).resolve()
    known, commands = read_known(), read_commands(build)
    failed: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="dltest-analysis.") as folder:
        database = [{"file": os.fspath(c.file), "directory": c.folder,
                     "command": shlex.join([*words_without_output(c), "-o", "out.o"])}
                    for c in commands]
        (Path(folder) / "compile_commands.json").write_text(json.dumps(database))
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            texts = pool.map(lambda command: analyse(analyser, command, Path(folder)), commands)
            for text in texts:
                if text and not complaints(text) and "[failed]" in text:
                    failed.add(text)
                for file, check, whole in complaints(text):
                    explained = [k for k in known if k.explains(analyser, check, file, whole)]
                    for entry in explained:
                        entry.used = True
                    if not explained:
                        failed.add(whole)
    for whole in sorted(failed):
        print(whole)
    for entry in known:
        if entry.analyser == analyser and not entry.used:
            print(f"nothing complains of this any more: {entry.check} {entry.files}")
    print(f"{analyser}: {len(commands)} sources, {len(failed)} complaints")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
