# SPDX-License-Identifier: MIT
"""Cases of a library that cannot be linked: with its dependencies, their symbols and versions, or at
all; and names that look like the dynamic linker's words."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import elffile
import file_cases
from elffile import ElfFile
from maker import Maker


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
    return _with_dependency(maker, file_cases.case_not_permitted)


def case_dependency_directory(maker: Maker) -> Path:
    return _with_dependency(maker, file_cases.case_directory)


def case_dependency_link_loop(maker: Maker) -> Path:
    path = maker.library_needing("liby.so")
    maker.path("liby.so").symlink_to("liby.so")
    return path


def case_dependency_empty(maker: Maker) -> Path:
    return _with_dependency(maker, file_cases.case_empty)


def case_dependency_text(maker: Maker) -> Path:
    return _with_dependency(maker, file_cases.case_text)


def case_dependency_cut(maker: Maker) -> Path:
    return _with_dependency(maker, file_cases.case_cut_in_program_headers)


def case_dependency_cut_in_segment(maker: Maker) -> Path:
    """The dynamic linkers die of SIGBUS."""
    def make(maker: Maker) -> Path:
        elf = ElfFile(maker.library("libx.so"))
        elf.data = elf.data[:4096]
        return elf.save()
    return _with_dependency(maker, make)


def case_dependency_32_bit(maker: Maker) -> Path:
    return _with_dependency(maker, file_cases.case_32_bit)


def case_dependency_other_machine(maker: Maker) -> Path:
    return _with_dependency(maker, file_cases.case_other_machine)


def case_dependency_byte_order(maker: Maker) -> Path:
    return _with_dependency(maker, file_cases.case_byte_order)


def case_dependency_object(maker: Maker) -> Path:
    return _with_dependency(maker, file_cases.case_object)


def case_dependency_pie(maker: Maker) -> Path:
    return _with_dependency(maker, file_cases.case_pie)


def case_dependency_no_memory_to_map(maker: Maker) -> Path:
    return _with_dependency(maker, file_cases.case_no_memory_to_map)


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

def _relocation(maker: Maker, tag: int, number: int, name: str = "libx.so") -> Path:
    def change(elf: ElfFile) -> None:
        at = elf.offset_of(elf.entry(tag))
        elf.put(at + 8, "<I", number)
    source = "int g(void); int *h(void) { extern int i; g(); return &i; } int g(void) { return 1; }"
    return maker.changed(change, "-Wl,-z,lazy", "-Wl,--unresolved-symbols=ignore-all", name=name,
                         source=source + " int i;")


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
