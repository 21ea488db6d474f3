# SPDX-License-Identifier: MIT
"""Cases of a file alone: it cannot be opened, is no library of this machine, or cannot be mapped."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path
from typing import Callable

import elffile
from elffile import ElfFile
from maker import Maker


def _put(offset: int, form: str, value: int) -> Callable[[ElfFile], None]:
    return lambda elf: elf.put(offset, form, value)


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


def case_cut_in_segment(maker: Maker) -> Path:
    """The dynamic linkers die of SIGBUS."""
    return maker.cut("libx.so", 4096)


def case_page_to_zero_is_not_there(maker: Maker) -> Path:
    """A segment without contents, of which the rest of a page is zeroed that the file does not
    have: SIGBUS."""
    return maker.changed(lambda elf: elf.put_phdr(
        elf.first(elffile.PT_GNU_STACK), type=elffile.PT_LOAD, flags=6, offset=0x100008,
        vaddr=0x200008, filesz=0, memsz=64, align=0x1000))
