# SPDX-License-Identifier: Apache-2.0
"""The functions of the module tracemalloc, on a running target: start, is_tracing, clear_traces,
reset_peak, get_traced_memory, get_object_traceback."""
import json
import time

from support import (DONE, FAILED, NO_TARGET, TARGET, USAGE, CommandLineTest, expected, held, main,
                     marked_line, run_tmbpf, supported_pythons, wait_until)

ANSWERS = 20  # of which the fastest counts


class ModuleFunctionsTest(CommandLineTest):
    def answer(self, *words) -> dict:
        result = run_tmbpf(*words, "--json")
        self.assertEqual((result.status, result.err), (DONE, ""))
        return json.loads(result.out)

    def object(self, pid: int, address: int) -> dict:
        return self.answer("object", "--pid", pid, address)

    def test_a_second_start_changes_nothing_and_says_so(self) -> None:
        target = self.target()
        self.start_session(target.pid, "--frames", 3)
        target.hold(10, 700)
        again = run_tmbpf("start", "--pid", target.pid, "--frames", 7)
        self.assertEqual((again.status, again.err), (DONE, ""))
        self.assertIn(f"process {target.pid} is already traced, with 3 frames", again.out)
        self.assertEqual(self.answer("start", "--pid", target.pid),
                         {"pid": target.pid, "started": False, "tracing": True})
        self.assertEqual(self.status(target.pid)["frames"], 3)
        self.assertEqual(held(self.snapshot(target.pid)), expected(10, 700))

    def test_status_as_json_says_whether_a_process_is_traced(self) -> None:
        target = self.target()
        not_traced = {"pid": target.pid, "tracing": False}
        self.assertEqual(self.answer("status", "--pid", target.pid), not_traced)
        self.assertEqual(self.answer("start", "--pid", target.pid),
                         {"pid": target.pid, "started": True, "tracing": True})
        self.assertIs(self.answer("status", "--pid", target.pid)["tracing"], True)
        self.assertEqual(self.answer("stop", "--pid", target.pid), {"stopped": [target.pid]})
        self.assertEqual(self.answer("status", "--pid", target.pid), not_traced)
        target.close()
        result = run_tmbpf("status", "--json", "--pid", target.pid)
        self.assert_refused(result, NO_TARGET, f"no process {target.pid}")

    def test_clear_forgets_what_was_traced_and_goes_on(self) -> None:
        for python in supported_pythons():
            with self.subTest(python):
                target = self.target(python)
                self.start_session(target.pid)
                target.hold(1000, 2000)
                before = self.status(target.pid)
                self.assertEqual(self.answer("clear", "--pid", target.pid),
                                 {"cleared_traces": before["traces"],
                                  "cleared_bytes": before["traced_current"]})
                after = self.status(target.pid)
                self.assertEqual((after["traced_current"], after["traced_peak"], after["traces"]), (0, 0, 0))
                self.assertEqual((after["coverage"], after["missing_blocks"], after["lost"]), (1.0, 0, 0))
                self.assertEqual(held(self.snapshot(target.pid)), (0, 0))
                target.hold(10, 700)
                self.assertEqual(held(self.snapshot(target.pid)), expected(10, 700))
                self.assertEqual(target.ask("drop"), "dropped")
                left = self.status(target.pid)
                self.assertEqual((held(self.snapshot(target.pid)), left["missing_blocks"]), ((0, 0), 0))
                self.assertLess(left["traced_current"], expected(10, 700)[0])

    def test_clear_under_churn_keeps_the_totals_true(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        self.assertEqual(target.ask("churn"), "churning")
        for _ in range(20):
            self.answer("clear", "--pid", target.pid)
        target.end()
        status = self.status(target.pid)
        traces = self.snapshot(target.pid).traces
        self.assertEqual((status["traces"], status["traced_current"]),
                         (len(traces), sum(trace.size for trace in traces)))

    def test_the_peak_begins_anew_with_what_is_held(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        target.hold(1000, 2000)
        self.assertEqual(target.ask("drop"), "dropped")
        before = self.status(target.pid)
        self.assertGreater(before["traced_peak"], before["traced_current"] + 1_000_000)
        answer = self.answer("reset-peak", "--pid", target.pid)
        self.assertEqual(answer, {"traced_current": before["traced_current"],
                                  "traced_peak": before["traced_current"]})
        target.hold(10, 700)
        after = self.status(target.pid)
        self.assertGreaterEqual(after["traced_peak"], answer["traced_peak"] + expected(10, 700)[0])
        self.assertLess(after["traced_peak"], before["traced_peak"])

    def test_an_object_has_the_traceback_of_its_block(self) -> None:
        for python in supported_pythons():
            with self.subTest(python):
                target = self.target(python)
                self.start_session(target.pid)
                # Of each kind of header: none, the collector's, that and a dict's pointer; a large one.
                kinds = {"bytes": 33, "set": 200, "instance": 32, "large": 100_033}
                for kind, least in kinds.items():
                    address = int(target.ask(f"make {kind}"))
                    found = self.object(target.pid, address)
                    self.assertEqual(found["traceback"][-1][:2], [TARGET, marked_line(f"made {kind}")], kind)
                    self.assertGreaterEqual(found["size"], least)
                    self.assertTrue(found["address"] <= address < found["address"] + found["size"])
                    inside = found["address"] + found["size"] - 1
                    self.assertEqual(self.object(target.pid, hex(inside)), found)

    def test_an_object_is_shown_to_people_with_its_source(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        address = int(target.ask("make large"))
        result = run_tmbpf("object", "--pid", target.pid, hex(address))
        self.assertEqual((result.status, result.err), (DONE, ""))
        self.assertRegex(result.out, rf"^{address:#x}: block of 97\.7 KiB at 0x[0-9a-f]+, allocated at\n")
        self.assertIn(f'  File "{TARGET}", line {marked_line("made large")}\n', result.out)
        self.assertIn("# made large\n", result.out)

    def test_where_nothing_is_traced_that_is_said(self) -> None:
        target = self.target()
        address = int(target.ask("make large"))
        self.start_session(target.pid)
        result = run_tmbpf("object", "--pid", target.pid, address)
        self.assert_refused(result, FAILED, f"no traced block of process {target.pid} holds {address:#x}")
        result = run_tmbpf("object", "--pid", target.pid, address, "--json")
        self.assertEqual((result.status, json.loads(result.out)), (FAILED, None))
        for wrong in ("0xyz", "7f12ab", "-1", "99999999999999999999"):
            self.assert_refused(run_tmbpf("object", "--pid", target.pid, "--", wrong), USAGE)

    def test_of_an_ended_process_only_what_it_held_is_told(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        target.hold(10, 700)
        target.end()
        for words in (("clear",), ("reset-peak",), ("object", 4096)):
            result = run_tmbpf(words[0], "--pid", target.pid, *words[1:])
            self.assert_refused(result, NO_TARGET, "the process has ended")
        self.assertEqual(held(self.snapshot(target.pid)), expected(10, 700))

    def test_a_status_is_there_at_once(self) -> None:
        target = self.target()
        self.start_session(target.pid)
        target.hold(100_000, 100)
        wait_until(lambda: self.answer("status", "--pid", target.pid)["coverage"] is not None, "a coverage")
        seconds = []
        for _ in range(ANSWERS):
            begin = time.monotonic()
            status = self.answer("status", "--pid", target.pid)
            seconds.append(time.monotonic() - begin)
            self.assertEqual((status["coverage"], status["missing_blocks"]), (1.0, 0))
            self.assertLess(status["coverage_age"], 30)
        print(f"status in {1000 * min(seconds):.1f} ms")
        self.assertLess(min(seconds), 0.2)  # the figure itself: scripts/bench


if __name__ == "__main__":
    main()
