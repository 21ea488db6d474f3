/* SPDX-License-Identifier: MIT */
#pragma once

/* The kinds of facts that a load child tells besides its verdict, and that the daemon keeps with
 * the verdict. Part of loader_abi.h: whoever changes their meaning raises LOADER_ABI_VERSION. */

/* A fact is this tag, a text and a NUL. */
enum dltest_fact {
	DLTEST_FACT_OBJECT = 'o',     /* path of an object that is mapped */
	DLTEST_FACT_DIRECTORY = 'd',  /* directory that was searched, whether or not it exists */
	DLTEST_FACT_WARNING = 'w',    /* latent trouble, a line for a person */
	DLTEST_FACT_SOFT_NEEDS = 's', /* a need of .note.dlopen (daemon/judge/softneeds.h) */
	DLTEST_FACT_VERSION = 'v',    /* a version that the object lacking one does have */
	DLTEST_FACT_PLATFORM = 'p',   /* the system or machine that the file is for instead */
	DLTEST_FACT_FOUND = 'f',   /* a name that was looked for in the library's package, and right
				    * behind it the path of the file that answers to it */
	DLTEST_FACT_NEAR = 'e',	   /* a letter that says how, a name that was looked for, a line
				    * feed, and the path of a file that is like it */
	DLTEST_FACT_DEFINER = 'D', /* a symbol that was looked for, a line feed, and the path of a
				    * library that defines it */
	DLTEST_FACT_BRINGER = 'b', /* path of who brings the library with what lies beside it */
	DLTEST_FACT_RPATH = 'r',   /* path of the library, if that has a DT_RPATH and no DT_RUNPATH
				    */
	DLTEST_FACT_NAME = 'n', /* a name that no directory had; added by the daemon, never sent */
	DLTEST_FACT_HOST_LACKS = 'l', /* a symbol that the host, or what it needs, does not have */
	DLTEST_FACT_HOST_UNCHECKED =
		'q',			/* one that a library of the host has which does not load */
	DLTEST_FACT_HOST_LIBRARY = 'y', /* a library of the host that does not load, and why */
	DLTEST_FACT_HOST_TROUBLE = 'x', /* why nothing could be made of the host, a line */
	DLTEST_FACT_INCOMPLETE = 'i',	/* objects or directories are not all told; text: why */
};
