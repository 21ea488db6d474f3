/* SPDX-License-Identifier: MIT */
#include "form.h"

#include <string.h>

#include <dltest/linkerscript.h>

#include "form_parts.h"

int form_find(int fd, enum form *ret_form) {
	struct window window;

	window_init(&window, fd);
	enum form form = window_has(&window, 0, "\177ELF", 4) ? form_of_elf(&window)
							      : form_of_foreign(&window);
	if (window.error)
		return -window.error;
	*ret_form = form;
	return 0;
}

int form_find_of_text(int fd, enum form *ret_form) {
	struct window window;

	window_init(&window, fd);
	if (window.error)
		return -window.error;
	bool is_text = !memchr(window.bytes, '\0', window.length);
	*ret_form = is_text && dltest_linkerscript_begins(window.bytes, window.length) ? FORM_BESIDE
										       : FORM_OTHER;
	return 0;
}
