# SPDX-License-Identifier: MIT
"""Real files that make a dynamic linker say each thing it can say.

Every function named case_… makes files in a directory and returns what is to be opened. The same
files are given to glibc and to musl; which of the two has a message for a case is told by the
corpus (glibc.tsv, musl.tsv)."""

from __future__ import annotations

import os
import resource
import struct
import subprocess
from pathlib import Path
from typing import Callable

import elffile
from elffile import ElfFile

ORDINARY_USER = 65534

# What cannot be told by the name of a case: settings of the process that opens the file.
AS_ORDINARY_USER = {"not_permitted", "dependency_not_permitted"}
LITTLE_MEMORY = {"no_memory_to_map", "dependency_no_memory_to_map", }
NO_DESCRIPTORS = {"no_descriptors"}


class Maker:
    """Makes files in a directory of a case, with more flags for each library."""

    def __init__(self, directory: Path, *flags: str):
        self.directory = directory
        self.flags = flags

    def path(self, name: str) -> Path:
        """A path in the directory."""
        return self.directory / name

    def library(self, name: str, *flags: str, source: str = "int f(void) { return 1; }",
                mode: str = "-shared") -> Path:
        """Compiles a file that needs nothing unless flags say so."""
        path = self.path(name)
        path.parent.mkdir(exist_ok=True, parents=True)
        subprocess.run(["gcc", "-O1", "-w", "-fPIC", "-nostdlib", *([mode] if mode else []), "-x",
                        "c", "-", "-x", "none", "-o", path, *(str(flag) for flag in flags),
                        *self.flags],
                       input=source.encode(), check=True)
        return path

    def library_needing(self, dependency: str, name: str = "libx.so", **options: str) -> Path:
        """A library that needs another, which is not where the linker put it."""
        # Commas and '=' are not for options of the linker.
        stub = self.library("stub/libstub.so", "-Xlinker", "-soname", "-Xlinker", dependency,
                            **options)
        return self.library(name, "-Wl,--no-as-needed", stub)

    def changed(self, change: Callable[[ElfFile], None], *flags: str, name: str = "libx.so",
                **options: str) -> Path:
        """A library with something in it changed."""
        elf = ElfFile(self.library(name, *flags, **options))
        change(elf)
        return elf.save()

    def cut(self, name: str, size: int) -> Path:
        """The first bytes of a library."""
        elf = ElfFile(self.library(name))
        elf.data = elf.data[:size]
        return elf.save()


def _put(offset: int, form: str, value: int) -> Callable[[ElfFile], None]:
    return lambda elf: elf.put(offset, form, value)


def _relocation(maker: Maker, tag: int, number: int, name: str = "libx.so") -> Path:
    def change(elf: ElfFile) -> None:
        at = elf.offset_of(elf.entry(tag))
        elf.put(at + 8, "<I", number)
    source = "int g(void); int *h(void) { extern int i; g(); return &i; } int g(void) { return 1; }"
    return maker.changed(change, "-Wl,-z,lazy", "-Wl,--unresolved-symbols=ignore-all", name=name,
                         source=source + " int i;")


# --- Whether it can be opened -----------------------------------------------------------------

def case_gone(maker: Maker) -> Path:
    return maker.path("libx.so")


def case_not_permitted(maker: Maker) -> Path:
    maker.library("libx.so").chmod(0)
    return maker.path("libx.so")


def case_directory(maker: Maker) -> Path:
    maker.path("libx.so").mkdir()
    return maker.path("libx.so")


def case_link_loop(maker: Maker) -> Path:
    maker.path("libx.so").symlink_to("libx.so")
    return maker.path("libx.so")


def case_below_a_file(maker: Maker) -> Path:
    maker.library("libx.so")
    return maker.path("libx.so/liby.so")


def case_no_descriptors(maker: Maker) -> Path:
    return maker.library("libx.so")


# --- What the file is -------------------------------------------------------------------------

def case_empty(maker: Maker) -> Path:
    maker.path("libx.so").touch()
    return maker.path("libx.so")


def case_text(maker: Maker) -> Path:
    maker.path("libx.so").write_text("/* GNU ld script */\nGROUP ( libc.so.6 )\n" * 40)
    return maker.path("libx.so")


def case_archive(maker: Maker) -> Path:
    maker.path("libx.so").write_bytes(b"!<arch>\n" + b" " * 2000)
    return maker.path("libx.so")


def case_cut_in_header(maker: Maker) -> Path:
    return maker.cut("libx.so", 40)


def case_cut_in_program_headers(maker: Maker) -> Path:
    return maker.cut("libx.so", 100)


def case_32_bit(maker: Maker) -> Path:
    return maker.library("libx.so", "-m32")


def case_x32(maker: Maker) -> Path:
    return maker.library("libx.so", "-mx32")


def case_other_machine(maker: Maker) -> Path:
    return maker.changed(_put(elffile.E_MACHINE, "<H", 183))


def case_byte_order(maker: Maker) -> Path:
    return maker.changed(_put(elffile.EI_DATA, "B", 2))


def case_ident_version(maker: Maker) -> Path:
    return maker.changed(_put(elffile.EI_VERSION, "B", 9))


def case_os_abi(maker: Maker) -> Path:
    return maker.changed(_put(elffile.EI_OSABI, "B", 9))


def case_abi_version(maker: Maker) -> Path:
    return maker.changed(_put(elffile.EI_ABIVERSION, "B", 9))


def case_padding(maker: Maker) -> Path:
    return maker.changed(_put(elffile.EI_PAD, "B", 9))


def case_version(maker: Maker) -> Path:
    return maker.changed(_put(elffile.E_VERSION, "<I", 9))


def case_object(maker: Maker) -> Path:
    return maker.library("libx.so", "-c", mode="")


def case_core(maker: Maker) -> Path:
    return maker.changed(_put(elffile.E_TYPE, "<H", 4))


def case_header_size(maker: Maker) -> Path:
    return maker.changed(_put(elffile.E_PHENTSIZE, "<H", 57))


def case_executable(maker: Maker) -> Path:
    return maker.library("libx.so", source="void _start(void) { for (;;) ; }", mode="-no-pie")


def case_dynamic_executable(maker: Maker) -> Path:
    other = maker.library("liby.so", "-Wl,-soname,liby.so")
    return maker.library("libx.so", other, "-Wl,--no-as-needed", mode="-no-pie",
                         source="void _start(void) { for (;;) ; }")


def case_pie(maker: Maker) -> Path:
    return maker.library("libx.so", source="void _start(void) { for (;;) ; }", mode="-pie")


def case_debug_file(maker: Maker) -> Path:
    path = maker.library("libx.so", "-g")
    subprocess.run(["objcopy", "--only-keep-debug", path], check=True)
    return path


def case_no_dynamic(maker: Maker) -> Path:
    return maker.changed(lambda elf: elf.put_phdr(elf.first(elffile.PT_DYNAMIC), type=0))


def case_no_segments(maker: Maker) -> Path:
    def change(elf: ElfFile) -> None:
        for phdr in elf.phdrs():
            if phdr["type"] == elffile.PT_LOAD:
                elf.put_phdr(phdr, type=0)
    return maker.changed(change)


def case_address(maker: Maker) -> Path:
    return maker.changed(lambda elf: elf.put_phdr(elf.phdrs()[1],
                                                  vaddr=elf.phdrs()[1]["vaddr"] + 0x10))


def case_no_open(maker: Maker) -> Path:
    return maker.library("libx.so", "-Wl,-z,nodlopen")


def case_isa_level(maker: Maker) -> Path:
    def change(elf: ElfFile) -> None:
        # GNU_PROPERTY_X86_ISA_1_NEEDED, of a level that no machine has.
        at = elf.data.index(struct.pack("<II", 0xC0008002, 4))
        elf.put(at + 8, "<I", 0x8000)
    return maker.changed(change, "-Wl,-z,x86-64-v2")


# --- Mapping it -------------------------------------------------------------------------------

def case_no_memory_to_map(maker: Maker) -> Path:
    return maker.library("libx.so", source="char much[1 << 30];")


def case_offset_too_large(maker: Maker) -> Path:
    def change(elf: ElfFile) -> None:
        phdr = elf.phdrs()[1]
        elf.put_phdr(phdr, offset=0x7FFFFFFFFFFFF000)
    return maker.changed(change)


# --- Dependencies -----------------------------------------------------------------------------

def case_dependency_gone(maker: Maker) -> Path:
    return maker.library_needing("libgone.so.1")


def case_dependency_of_dependency_gone(maker: Maker) -> Path:
    maker.library_needing("libgone.so.1", "liby.so")
    return maker.library("libx.so", "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined",
                         f"-L{maker.directory}", "-l:liby.so")


def case_dependency_with_slash_gone(maker: Maker) -> Path:
    return maker.library_needing("/nonexistent/libgone.so.1")


def _with_dependency(maker: Maker, make: Callable[[Maker], Path]) -> Path:
    """What 'make' makes becomes the dependency of another."""
    path = maker.library_needing("liby.so")
    path.rename(maker.path("keep"))
    made = make(maker)
    made.rename(maker.path("liby.so"))
    maker.path("keep").rename(path)
    return path


def case_dependency_not_permitted(maker: Maker) -> Path:
    return _with_dependency(maker, case_not_permitted)


def case_dependency_directory(maker: Maker) -> Path:
    return _with_dependency(maker, case_directory)


def case_dependency_link_loop(maker: Maker) -> Path:
    path = maker.library_needing("liby.so")
    maker.path("liby.so").symlink_to("liby.so")
    return path


def case_dependency_empty(maker: Maker) -> Path:
    return _with_dependency(maker, case_empty)


def case_dependency_text(maker: Maker) -> Path:
    return _with_dependency(maker, case_text)


def case_dependency_cut(maker: Maker) -> Path:
    return _with_dependency(maker, case_cut_in_program_headers)


def case_dependency_cut_in_segment(maker: Maker) -> Path:
    """The dynamic linkers die of SIGBUS."""
    def make(maker: Maker) -> Path:
        elf = ElfFile(maker.library("libx.so"))
        elf.data = elf.data[:4096]
        return elf.save()
    return _with_dependency(maker, make)


def case_page_to_zero_is_not_there(maker: Maker) -> Path:
    """A segment without contents, of which the rest of a page is zeroed that the file does not
    have: SIGBUS."""
    return maker.changed(lambda elf: elf.put_phdr(
        elf.first(elffile.PT_GNU_STACK), type=elffile.PT_LOAD, flags=6, offset=0x100008,
        vaddr=0x200008, filesz=0, memsz=64, align=0x1000))


def case_cut_in_segment(maker: Maker) -> Path:
    """The dynamic linkers die of SIGBUS."""
    return maker.cut("libx.so", 4096)


def case_dependency_32_bit(maker: Maker) -> Path:
    return _with_dependency(maker, case_32_bit)


def case_dependency_other_machine(maker: Maker) -> Path:
    return _with_dependency(maker, case_other_machine)


def case_dependency_byte_order(maker: Maker) -> Path:
    return _with_dependency(maker, case_byte_order)


def case_dependency_object(maker: Maker) -> Path:
    return _with_dependency(maker, case_object)


def case_dependency_pie(maker: Maker) -> Path:
    return _with_dependency(maker, case_pie)


def case_dependency_no_memory_to_map(maker: Maker) -> Path:
    return _with_dependency(maker, case_no_memory_to_map)


# --- Symbols and versions ---------------------------------------------------------------------

def case_undefined_function(maker: Maker) -> Path:
    return maker.library("libx.so", source="void gone(void); void f(void) { gone(); }")


def case_undefined_data(maker: Maker) -> Path:
    return maker.library("libx.so", source="extern int gone; int *f = &gone;")


def case_undefined_cxx(maker: Maker) -> Path:
    return maker.library("libx.so", source="void gone(void) __asm__(\"_ZN1a4goneERKSs\");"
                         "void f(void) { gone(); }")


def case_undefined_in_dependency(maker: Maker) -> Path:
    path = maker.library_needing("liby.so")
    maker.library("liby.so", source="void gone(void); void f(void) { gone(); }")
    return path


def _versioned(maker: Maker, there: str) -> Path:
    """Linked with gone@V_2; 'there' is the version script of the library that it finds."""
    maker.path("stub").mkdir()
    # The linker takes no blanks in the names of version scripts.
    work = maker.directory.parent if " " in maker.directory.name else maker.directory
    two, found = work / "two.map", work / "there.map"
    two.write_text("V_1 {}; V_2 { gone; kept; } V_1;")
    found.write_text(there)
    source = "int gone(void) { return 1; } int kept(void) { return 1; }"
    stub = maker.library("stub/liby.so", "-Wl,-soname,liby.so",
                         f"-Wl,--version-script,{two}", source=source)
    path = maker.library("libx.so", stub,
                         source="int gone(void); int f(void) { return gone(); }")
    source = source if "V_2" not in there else "int kept(void) { return 1; }"
    maker.library("liby.so", "-Wl,-soname,liby.so", f"-Wl,--version-script,{found}",
                  source=source)
    return path


def case_missing_version(maker: Maker) -> Path:
    return _versioned(maker, "V_1 { gone; kept; };")


def case_undefined_versioned(maker: Maker) -> Path:
    return _versioned(maker, "V_1 {}; V_2 { kept; } V_1;")


def case_verneed_version(maker: Maker) -> Path:
    path = _versioned(maker, "V_1 {}; V_2 { kept; } V_1;")
    elf = ElfFile(path)
    elf.put(elf.offset_of(elf.entry(elffile.DT_VERNEED)), "<H", 9)
    return elf.save()


def case_verdef_version(maker: Maker) -> Path:
    path = _versioned(maker, "V_1 {}; V_2 { kept; } V_1;")
    elf = ElfFile(maker.path("liby.so"))
    elf.put(elf.offset_of(elf.entry(elffile.DT_VERDEF)), "<H", 9)
    elf.save()
    return path


# --- Relocating -------------------------------------------------------------------------------

def case_static_tls(maker: Maker) -> Path:
    return maker.library("libx.so", source="static __thread char much[1 << 20] __attribute__(("
                         "tls_model(\"initial-exec\"))); char *f(void) { return much; }")


def case_static_tls_extern(maker: Maker) -> Path:
    return maker.library("libx.so", source="__thread char much[1 << 20] __attribute__(("
                         "tls_model(\"initial-exec\"))); char *f(void) { return much; }")


def case_relocation_type(maker: Maker) -> Path:
    return _relocation(maker, elffile.DT_RELA, 0x99)


def case_plt_relocation_type(maker: Maker) -> Path:
    return _relocation(maker, elffile.DT_JMPREL, 0x99)


def case_relr_without_version(maker: Maker) -> Path:
    """The linker asks for the version of libc.so.6 that can do it; that is taken out again."""
    def change(elf: ElfFile) -> None:
        need = elf.offset_of(elf.entry(elffile.DT_VERNEED))
        strings = elf.offset_of(elf.entry(elffile.DT_STRTAB))
        first = need + elf.get(need + 8, "<I")
        second = first + elf.get(first + 12, "<I")
        name = strings + elf.get(first + 8, "<I")
        if elf.data[name:].startswith(b"GLIBC_ABI_DT_RELR\0"):
            elf.data[first:first + 12] = elf.data[second:second + 12]
        elf.put(first + 12, "<I", 0)
        elf.put(need + 2, "<H", 1)
    return maker.changed(change, "-Wl,-z,pack-relative-relocs", "-lc",
                         source="static int a[4]; int *b[4] = {a, a + 1, a + 2, a + 3};"
                         "int getpid(void); int f(void) { return getpid(); }")


# --- Names that look like messages ------------------------------------------------------------

def case_hostile_dependency_symbol(maker: Maker) -> Path:
    return maker.library_needing("x: undefined symbol: y.so")


def case_hostile_dependency_missing(maker: Maker) -> Path:
    return maker.library_needing(
        "libgood.so: cannot open shared object file: No such file or directory")


def case_hostile_dependency_version(maker: Maker) -> Path:
    return maker.library_needing("a: version `V' not found (required by b)")


def case_hostile_dependency_musl(maker: Maker) -> Path:
    return maker.library_needing("liba.so: No such file or directory (needed by b)")


def case_hostile_dependency_dyld(maker: Maker) -> Path:
    return maker.library_needing("dlopen(a, 0x6): tried: 'b' (file system sandbox blocked open())")


def _in(directory: str, **options: str) -> Callable[[Maker], Path]:
    return lambda maker: maker.library(f"{directory}/libx.so", **options)


UNDEFINED = "void gone(void); void f(void) { gone(); }"
case_hostile_path_symbol = _in("a: undefined symbol: b", source=UNDEFINED)
case_hostile_path_missing = _in(
    "libgood.so: cannot open shared object file: No such file or directory", source=UNDEFINED)
case_hostile_path_musl = _in("a: No such file or directory (needed by b)", source=UNDEFINED)
case_hostile_path_brackets = _in("a: version `V' not found (required by b)", source=UNDEFINED)


def case_hostile_symbol(maker: Maker) -> Path:
    return maker.library("libx.so", source="void gone(void) __asm__(\"\\\"a: undefined symbol: "
                         "b\\\"\"); void f(void) { gone(); }")


def case_hostile_path_version(maker: Maker) -> Path:
    inner = Maker(maker.path("a: version `W' not found (required by b)"))
    inner.directory.mkdir()
    path = _versioned(inner, "V_1 { gone; kept; };")
    inner.path("liby.so").rename(maker.path("liby.so"))
    return path


CASES: dict[str, Callable[[Maker], Path]] = {
    name.removeprefix("case_"): function
    for name, function in list(globals().items()) if name.startswith("case_")}


def build_opener(compiler: str, directory: Path) -> Path:
    """Compiles the program that opens a file, for the dynamic linker of 'compiler'."""
    program = directory / f"opener-{compiler}"
    subprocess.run([compiler, "-O1", Path(__file__).with_name("opener.c"), "-o", program],
                   check=True)
    return program


def message_of(opener: Path, name: str, directory: Path) -> str | None:
    """What the dynamic linker says of a case whose files are made in 'directory', which is called
    /l in the answer. None if it has nothing to say, because it loads or because it crashes."""
    path = CASES[name](Maker(directory))

    def prepare() -> None:
        if name in LITTLE_MEMORY:
            resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))
        if name in AS_ORDINARY_USER and os.getuid() == 0:
            os.setgroups([])
            os.setresgid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER)
            os.setresuid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    argv = [opener, path, *(["full"] if name in NO_DESCRIPTORS else [])]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env={"LD_LIBRARY_PATH": str(directory), "LC_ALL": "C"},
                          preexec_fn=prepare, check=False, timeout=60)
    if done.returncode != 0 or not done.stdout:
        return None
    return done.stdout.decode("utf-8", "surrogateescape").replace(str(directory), "/l")
