/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "jsonguard.h"

Test(jsonguard, accepts_json) {
	static const char *const good[] = {"{}", "[]", "{\"a\":[1,-2.5e+10,0,true,false,null]}",
		" \t\r\n{ } ", "{\"a\":\"\\u0001\\\"\\\\\\/\"}", "{\"a\":\"\\\\u0000\"}",
		"{\"\xc3\xbc\":\"\xf0\x9f\x98\x80\"}", "[0,0.5,1E5,-0]"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect(jsonguard_accepts(good[i], strlen(good[i]), 32), "%s", good[i]);
}

Test(jsonguard, refuses_what_cjson_lets_through) {
	static const char *const bad[] = {"{\"a\":\"\\u0000\"}", "{\"\\u0000\":1}", "[007]", "[1.]",
		"[.5]", "[-]", "[+1]", "[1e]", "[0x10]", "[1a]", "[\"\x01\"]", "[\"\n\"]",
		"[\"\xff\"]", "[\"\xed\xa0\x80\"]", "\xef\xbb\xbf[]", "[\"", "[\"\\", "[", "]",
		"[}}", "[\x01]", "['a']", "[/**/1]"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(jsonguard_accepts(bad[i], strlen(bad[i]), 32), "%s", bad[i]);
}

Test(jsonguard, bounds_the_depth) {
	cr_expect(jsonguard_accepts("[[[]]]", 6, 3));
	cr_expect_not(jsonguard_accepts("[[[]]]", 6, 2));
	cr_expect(jsonguard_accepts("[[],[],[],[]]", 13, 2));
	cr_expect(jsonguard_accepts("[\"[[[[[[\"]", 10, 1));
}

Test(jsonguard, stops_at_the_given_length) {
	cr_expect(jsonguard_accepts("[]\x01\xff", 2, 8));
	cr_expect_not(jsonguard_accepts("[\0]", 3, 8));
}
