#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The protocol, byte by byte (UAPI.20)."""

import json
import os
import socket
import time

import dltest_harness as harness
from dltest_harness import INTERFACE

SERVICE = "org.varlink.service"
VERIFY = f"{INTERFACE}.Verify"


class Protocol(harness.TestCase):
    """Against one daemon with a socket of its own."""

    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon()
        self.peer = self.connect()

    def error_of(self, reply, name):
        self.assertEqual(reply.get("error"), f"{SERVICE}.{name}", reply)
        return reply["parameters"]

    def check_closed(self, data):
        peer = self.connect()
        peer.send_raw(data)
        self.assertTrue(peer.is_closed(10), f"not closed after {data[:100]!r}")
        self.assertTrue(self.connect().alive())


class Framing(Protocol):
    """Messages and their ends."""

    def test_message_in_pieces(self):
        for byte in b'{"method":"org.varlink.service.GetInfo"}\0':
            self.peer.send_raw(bytes([byte]))
        self.assertIn("parameters", self.peer.receive())

    def test_messages_joined(self):
        self.peer.send_raw(b'{"method":"org.varlink.service.GetInfo"}\0' * 50)
        for _ in range(50):
            self.assertIn("parameters", self.peer.receive())

    def test_no_parameters_in_three_ways(self):
        for text in (b'{"method":"dev.tsuku.DlTest.Status"}',
                     b'{"method":"dev.tsuku.DlTest.Status","parameters":null}',
                     b'{ "parameters" : {}, "method" : "dev.tsuku.DlTest.Status" }'):
            self.peer.send_raw(text + b"\0")
            self.assertIn("version", self.peer.receive()["parameters"])

    def test_the_end_of_what_the_client_says(self):
        self.peer.send(f"{INTERFACE}.Verify", {"paths": [self.home.add("sleep_a_little.so")]})
        self.peer.socket.shutdown(socket.SHUT_WR)
        self.assertTrue(self.peer.receive()["parameters"]["results"][0]["ok"])
        self.assertTrue(self.peer.is_closed())

    def test_replies_in_the_order_of_the_calls(self):
        self.peer.send(VERIFY, {"paths": [self.home.add("sleep_a_little.so")]})
        self.peer.send(f"{SERVICE}.GetInfo")
        self.assertIn("results", self.peer.receive()["parameters"])
        self.assertIn("vendor", self.peer.receive()["parameters"])

    def test_a_megabyte_is_too_much(self):
        path = self.home.add("good.so")
        filler = " " * (harness.REQUEST_MAX - 200 - len(path))
        call = json.dumps({"method": VERIFY, "parameters": {"paths": [path]}}) + filler
        self.peer.send_raw(call.encode() + b"\0")
        self.assertTrue(self.peer.receive()["parameters"]["results"][0]["ok"])
        peer = self.connect()
        try:
            peer.send_raw(b" " * (harness.REQUEST_MAX + 1000))
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.assertTrue(peer.is_closed(10))

    def test_what_closes_the_connection(self):
        info = "org.varlink.service.GetInfo"
        for text in (b"", b"x", b"[]", b'"x"', b"1", b"{}", b'{"method":1}', b'{"method":null}',
                     b'{"method":"a.B.C"} x', b'{"method":"a.B.C"',
                     f'{{"METHOD":"{info}"}}'.encode(),
                     f'{{"method":"{info}","more":1}}'.encode(),
                     f'{{"method":"{info}","more":"true"}}'.encode(),
                     f'{{"method":"{info}","oneway":true,"more":true}}'.encode(),
                     f'{{"method":"{info}","parameters":[]}}'.encode(),
                     f'{{"method":"{info}","parameters":1}}'.encode(),
                     f'{{"method":"{info}","unknown":1}}'.encode(),
                     f'{{"method":"{info}","method":"{info}"}}'.encode(),
                     b'{"method":"' + info.encode() + b'\\u0000"}',
                     b'{"method":"a\xff.B"}', b'{"method":"a\\ud800.B"}', b'{"method":"a\n.B"}',
                     b'\xef\xbb\xbf{"method":"a.B.C"}',
                     f'{{"method":"{info}","parameters":{{"x":007}}}}'.encode(),
                     b'{"method":"a.B.C","parameters":' + b'{"a":' * 100 + b"1" + b"}" * 101,
                     b"[" * 100000):
            with self.subTest(text=text[:80]):
                self.check_closed(text + b"\0")

    def test_extensions_are_ignored(self):
        self.peer.send_raw(
            b'{"method":"org.varlink.service.GetInfo","com.example.x":[1],"parameters":{}}\0')
        self.assertIn("parameters", self.peer.receive())

    def test_oneway_call(self):
        self.peer.send(f"{SERVICE}.GetInfo", oneway=True)
        self.peer.send("no.such.Method", oneway=True)
        self.peer.send(VERIFY, {"paths": [self.home.add("good.so")]}, oneway=True)
        self.peer.send(f"{INTERFACE}.Status")
        self.assertIn("version", self.peer.receive()["parameters"])

    def test_upgrade_is_refused(self):
        self.assertIn("error", self.peer.call(f"{SERVICE}.GetInfo", upgrade=True))
        self.assertTrue(self.peer.alive())


class Introspection(Protocol):
    """org.varlink.service."""

    def test_info(self):
        info = self.peer.call(f"{SERVICE}.GetInfo")["parameters"]
        self.assertEqual(set(info), {"vendor", "product", "version", "url", "interfaces"})
        self.assertEqual(set(info["interfaces"]), {SERVICE, INTERFACE})
        self.assertEqual(info["version"], harness.VERSION)

    def test_descriptions(self):
        method = f"{SERVICE}.GetInterfaceDescription"
        reply = self.peer.call(method, {"interface": INTERFACE})
        self.assertEqual(reply["parameters"]["description"], harness.IDL.read_text())
        reply = self.peer.call(method, {"interface": SERVICE})
        self.assertIn("interface org.varlink.service", reply["parameters"]["description"])
        reply = self.peer.call(method, {"interface": "no.such"})
        self.assertEqual(self.error_of(reply, "InterfaceNotFound"), {"interface": "no.such"})
        self.assertEqual(self.error_of(self.peer.call(method), "InvalidParameter"),
                         {"parameter": "interface"})

    def test_methods_and_interfaces_that_are_not_found(self):
        reply = self.peer.call(f"{INTERFACE}.Nothing")
        self.assertEqual(self.error_of(reply, "MethodNotFound"),
                         {"method": f"{INTERFACE}.Nothing"})
        reply = self.peer.call("no.such.Method")
        self.assertEqual(self.error_of(reply, "InterfaceNotFound"), {"interface": "no.such"})
        self.error_of(self.peer.call("dev.tsuku.dltest.Status"), "InterfaceNotFound")
        self.error_of(self.peer.call("Status"), "InterfaceNotFound")


class Calls(Protocol):
    """Verify and its parameters."""

    def test_invalid_parameters(self):
        path = self.home.add("good.so")
        for parameters, name in (
                (None, "paths"), ({}, "paths"), ({"paths": None}, "paths"), ({"paths": path}, "paths"),
                ({"paths": [1]}, "paths"), ({"paths": [path] * 4097}, "paths"),
                ({"paths": [path], "unknown": 1}, "unknown"),
                ({"paths": [path], "LAZY": True}, "LAZY"),
                ({"paths": [path], "lazy": 1}, "lazy"),
                ({"paths": [path], "timeout_ms": 0}, "timeout_ms"),
                ({"paths": [path], "timeout_ms": -1}, "timeout_ms"),
                ({"paths": [path], "timeout_ms": 600001}, "timeout_ms"),
                ({"paths": [path], "timeout_ms": 1.5}, "timeout_ms"),
                ({"paths": [path], "timeout_ms": "1"}, "timeout_ms"),
                ({"paths": [path], "timeout_ms": 1e300}, "timeout_ms"),
                ({"paths": [path], "roots": "x"}, "roots"),
                ({"paths": [path], "roots": ["x"]}, "roots"),
                ({"paths": [path], "library_path": [None]}, "library_path"),
                ({"paths": [path], "preload": ["/x"] * 65}, "preload")):
            with self.subTest(parameters=str(parameters)[:80]):
                reply = self.peer.call(VERIFY, parameters)
                self.assertEqual(self.error_of(reply, "InvalidParameter"), {"parameter": name})

    def test_preloads_of_any_length_that_is_allowed(self):
        path = self.home.add("good.so")
        directory, name = os.path.split(path)
        longest = directory + "/" * (4095 - len(directory) - len(name)) + name
        self.assertTrue(self.peer.verify([path], preload=[longest] * 16)[0]["ok"])
        reply = self.peer.call(VERIFY, {"paths": [path], "preload": [longest] * 17})
        self.assertEqual(self.error_of(reply, "InvalidParameter"), {"parameter": "preload"})
        # A trace takes them in another way.
        broken = self.home.add("undefined_both.so")
        result, = self.peer.verify([broken], preload=[longest] * 16)
        self.assertEqual(result["symbols"], ["dltest_no_such_data", "dltest_no_such_function"])

    def test_a_search_path_of_any_length_that_is_allowed(self):
        path, user = self.home.add("good.so"), self.home.add("needs_dep.so")
        elsewhere = self.home.base / "elsewhere"
        elsewhere.mkdir()
        longest = "/" * (4095 - len(str(elsewhere))) + str(elsewhere)
        self.assertTrue(self.peer.verify([path], library_path=[longest] * 30)[0]["ok"])
        reply = self.peer.call(VERIFY, {"paths": [path], "library_path": [longest] * 31})
        self.assertEqual(self.error_of(reply, "InvalidParameter"), {"parameter": "library_path"})
        # So does what is asked after a failure.
        broken = self.home.add("undefined_both.so")
        result, = self.peer.verify([broken], library_path=[longest] * 30)
        self.assertEqual(result["symbols"], ["dltest_no_such_data", "dltest_no_such_function"])
        os.rename(self.home.add("libdltest_dep.so"), elsewhere / "libdltest_dep.so")
        # The linker joins the name of a library to each.
        result, = self.peer.verify([user], library_path=[longest[1000:]] * 30)
        self.assertTrue(result["ok"], result)

    def test_null_is_absent(self):
        reply = self.peer.call(VERIFY, {
            "paths": [self.home.add("good.so")], "roots": None, "lazy": None, "timeout_ms": None})
        self.assertTrue(reply["parameters"]["results"][0]["ok"])

    def test_no_paths(self):
        self.assertEqual(self.peer.verify([]), [])
        replies = list(self.peer.stream(VERIFY, {"paths": []}))
        self.assertEqual([reply["parameters"]["results"] for reply in replies], [[]])

    def test_call_with_more(self):
        paths = [self.home.add("good.so", f"{i}.so") for i in range(300)]
        replies = list(self.peer.stream(VERIFY, {"paths": paths + ["relative", ""]}))
        results = [result for reply in replies for result in reply["parameters"]["results"]]
        self.assertEqual(sorted(result["path"] for result in results),
                         sorted(paths + ["relative", ""]))
        self.assertGreater(len(replies), 1)
        self.assertEqual(sum(result["ok"] for result in results), 300)

    def test_results_come_as_they_become_known(self):
        good, hung = self.home.add("good.so"), self.home.add("sleep_forever.so")
        self.peer.send(VERIFY, {"paths": [hung, good], "timeout_ms": 60000}, more=True)
        first = self.peer.receive()
        self.assertTrue(first["continues"])
        self.assertEqual([result["path"] for result in first["parameters"]["results"]], [good])
        self.peer.close()

    def test_a_client_that_goes_leaves_nothing_running(self):
        hung = [self.home.add("spin.so", f"{i}.so") for i in range(4)]
        self.peer.send(VERIFY, {"paths": hung, "timeout_ms": 60000}, more=True)
        other = self.connect()

        def running():
            return other.call(f"{INTERFACE}.Status")["parameters"]["running"]
        harness.wait_until(lambda: running() > 0, "they run")
        self.peer.close()
        harness.wait_until(lambda: running() == 0, "they are gone")

    def test_a_client_that_does_not_read(self):
        good = self.home.add("good.so")
        peer = self.connect()
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        many = [good] * 4096
        for _ in range(3):
            peer.send(VERIFY, {"paths": many, "details": True}, more=True)
        for _ in range(5):
            self.assertTrue(self.peer.verify([good])[0]["ok"])
        time.sleep(0.5)
        status = self.peer.call(f"{INTERFACE}.Status")["parameters"]
        self.assertEqual(status["clients"], 2)
        peer.close()
        self.assertTrue(self.peer.verify([good])[0]["ok"])

    def test_a_client_that_reads_late(self):
        """Its jobs are held back, as there is no room for what comes of them, and go on."""
        paths = [self.home.add("good.so", f"{i}.so") for i in range(20)] * 200
        self.peer.verify(paths[:20])
        peer = self.connect()
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.send(VERIFY, {"paths": paths, "details": True}, more=True)

        def calls():
            return self.peer.call(f"{INTERFACE}.Status")["parameters"]["calls"]
        harness.wait_until(lambda: calls() == 1, "the call was read")
        time.sleep(0.5)
        self.assertEqual(calls(), 1)
        results = []
        while True:
            reply = peer.receive(30)
            results += reply["parameters"]["results"]
            if not reply.get("continues"):
                break
        self.assertEqual(sorted(result["path"] for result in results), sorted(paths))

    def test_few_results_do_not_wait_for_the_next(self):
        hung = self.home.add("sleep_forever.so")
        self.peer.send(VERIFY, {"paths": ["relative"] * 40 + [hung], "timeout_ms": 1000}, more=True)
        counts = []
        while sum(counts) < 41:
            counts.append(len(self.peer.receive()["parameters"]["results"]))
        self.assertEqual(counts[-1], 1, counts)

    def test_many_clients(self):
        peers = []
        for _ in range(255):
            peers.append(self.connect())
        self.assertTrue(peers[-1].alive())
        waiting = self.connect()
        waiting.send(f"{SERVICE}.GetInfo")
        for peer in peers[:10]:
            peer.close()
        self.assertIn("parameters", waiting.receive())

    def test_status(self):
        self.peer.verify([self.home.add("good.so")])
        status = self.peer.call(f"{INTERFACE}.Status")["parameters"]
        self.assertEqual(status["version"], harness.VERSION)
        self.assertEqual(status["pid"], self.daemon.pid)
        self.assertEqual(status["socket"], str(self.home.socket))
        self.assertEqual((status["done"], status["running"], status["waiting"]), (1, 0, 0))


if __name__ == "__main__":
    harness.main()
