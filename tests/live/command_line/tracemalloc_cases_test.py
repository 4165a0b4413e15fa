# SPDX-License-Identifier: Apache-2.0
"""CPython's own cases for tracemalloc, from outside: what Lib/test/test_tracemalloc.py asks of a process
that traces itself is asked here of tmbpf, about a process that knows nothing of it. Which case stands
against which test is listed in docs/from-tracemalloc.md."""
import array
import itertools
import os
import re
import sys
import tracemalloc

from cases import CASES_TARGET, CasesTest, line_of, place_of, two_pythons
from support import DONE, NO_TARGET, Target, main, run_tmbpf, supported_pythons, wait_until

ERROR = 2048  # bytes that Python may allocate meanwhile, as CPython's own case has it
DOMAIN = 5


class ObjectsTest(CasesTest):
    def test_an_object_from_a_free_list_has_the_line_that_took_it(self) -> None:
        for python in supported_pythons():
            with self.traced(python) as target:
                found = self.lines(target, self.number(target, "list"))
                self.assertEqual(found[-1], (CASES_TARGET, line_of("list")))

    def test_a_frame_that_is_not_complete_is_left_out(self) -> None:
        for python in supported_pythons():
            with self.traced(python) as target:
                found = self.lines(target, self.number(target, "cell"))
                at = found.index((CASES_TARGET, line_of("cell")))
                # Before 3.11 a frame is complete when it makes its cells: at its first line.
                self.assertLessEqual(len(found) - at, 1 if self.has_incomplete_frames(python) else 2)

    @staticmethod
    def has_incomplete_frames(python: str) -> bool:
        return int(re.search(r"3\.(\d+)", os.path.basename(os.path.realpath(python)))[1]) >= 11

    def test_an_object_that_was_cleared_is_not_known(self) -> None:
        for python in supported_pythons():
            with self.traced(python) as target:
                address = self.number(target, "bytes 123")
                self.assertEqual(self.object(target, address)["size"], 123)
                self.assertEqual(run_tmbpf("clear", "--pid", target.pid).status, DONE)
                self.assertIsNone(self.object(target, address))

    def test_blocks_of_no_bytes_are_traced(self) -> None:
        for python in supported_pythons():
            with self.traced(python) as target:
                for address in self.numbers(target, "empty"):
                    found = self.object(target, address)
                    self.assertEqual((found["address"], found["size"]), (address, 0))
                    self.assertEqual(tuple(found["traceback"][-1][:2]), (CASES_TARGET, line_of("empty")))


class LimitsTest(CasesTest):
    def test_a_snapshot_may_have_the_address_of_each_block(self) -> None:
        path = os.path.join(self.directory, "blocks.pickle")
        for python in supported_pythons():
            with self.traced(python) as target:
                addresses = self.numbers(target, "twins 12123 12125")
                result = run_tmbpf("snapshot", "--pid", target.pid, "--addresses", "--output", path)
                self.assertEqual(result.status, DONE, result.err)
                snapshot = tracemalloc.Snapshot.load(path)
                sizes = dict(zip(array.array("Q", snapshot.tmbpf_addresses),
                                 [trace.size for trace in snapshot.traces], strict=True))
                self.assertEqual([sizes[address] for address in addresses], [12123, 12125])

    def test_as_many_frames_are_kept_as_was_asked_for(self) -> None:
        target = self.cases_target(supported_pythons()[0])
        for frames in (1, 10, 15):
            self.start_session(target.pid, "--frames", frames)
            address = self.number(target, "deep 20 123")
            expected = [(CASES_TARGET, line_of("deep"))] * (frames - 1) + [(CASES_TARGET, line_of("bytes"))]
            self.assertEqual(self.lines(target, address), expected)
            snapshot = self.snapshot(target.pid)
            self.assertEqual(snapshot.traceback_limit, frames)
            deep, = [trace.traceback for trace in snapshot.traces
                     if trace.size == 123 and [place_of(frame) for frame in trace.traceback] == expected]
            self.assertGreater(deep.total_nframe, 20)
            self.assertEqual(run_tmbpf("stop", "--pid", target.pid).status, DONE)

    def test_equal_tracebacks_are_stored_once(self) -> None:
        for python in supported_pythons():
            with self.traced(python) as target:
                self.assertEqual(len(self.numbers(target, "twins 12123 12125")), 2)
                found = {size: traceback for _, size, traceback, *_ in self.snapshot(target.pid).traces._traces
                         if size in (12123, 12125)}
                self.assertEqual(found[12123][:2], ((CASES_TARGET, line_of("bytes")), (CASES_TARGET, line_of("twins"))))
                self.assertIs(found[12123], found[12125])


class MemoryTest(CasesTest):
    def test_traced_memory_is_that_of_the_objects(self) -> None:
        size = 1 << 20
        for python in supported_pythons():
            with self.traced(python) as target:
                self.number(target, f"bytes {size}")
                current, peak = self.memory(target)
                self.assertTrue(size <= current <= size + ERROR, current)
                self.assertTrue(current <= peak <= current + ERROR, peak)
                self.number(target, "drop")
                after, peak_after = self.memory(target)
                self.assertGreaterEqual(current - after, size - ERROR)
                self.assertGreaterEqual(peak_after, peak)
                run_tmbpf("clear", "--pid", target.pid)
                self.assertEqual(self.memory(target), (0, 0))

    def test_a_peak_that_was_reset_grows_by_what_comes(self) -> None:
        size = 1 << 20
        for python in supported_pythons():
            with self.traced(python) as target:
                self.number(target, f"bytes {2 * size}")
                self.number(target, "drop")
                peaks = [self.memory(target)[1]]
                run_tmbpf("reset-peak", "--pid", target.pid)
                peaks.append(self.memory(target)[1])
                self.number(target, f"bytes {size}")
                current, peak = self.memory(target)
                self.assertLess(peaks[1], peaks[0])
                self.assertGreaterEqual(peak - peaks[1], size - ERROR)
                self.assertGreaterEqual(peak, current)

    def test_the_tracers_own_memory_does_not_grow_by_forgetting(self) -> None:
        target = self.cases_target(supported_pythons()[0])
        self.start_session(target.pid)
        for _ in range(1000):
            self.number(target, "bytes 123")
        before = self.status(target.pid)
        run_tmbpf("clear", "--pid", target.pid)
        after = self.status(target.pid)
        for status in (before, after):
            self.assertGreater(status["tracer_memory"], status["kernel_memory"])
            self.assertGreater(status["kernel_memory"], 0)
        self.assertLessEqual(after["kernel_memory"], before["kernel_memory"])


class StartTest(CasesTest):
    """What PYTHONTRACEMALLOC and -X tracemalloc are for: from the first instruction."""

    def test_frames_are_as_many_as_asked_for_from_the_first_instruction(self) -> None:
        path = os.path.join(self.directory, "last.pickle")
        code = "def f(n):\n    return f(n - 1) if n else bytes(12345)\nkept = f(20)"
        size = 12345 + sys.getsizeof(b"")
        for frames, python in [(1, supported_pythons()[0]), *((15, each) for each in supported_pythons())]:
            with self.subTest(python, frames=frames):
                result = run_tmbpf("record", "--interval", "1h", "--quiet", "--overwrite", "--output", path,
                                   "--frames", frames, "--", python, "-S", "-c", code)
                self.assertEqual(result.status, DONE, result.err)
                snapshot = tracemalloc.Snapshot.load(path)
                self.assertEqual(snapshot.traceback_limit, frames)
                found, = [trace.traceback for trace in snapshot.traces if trace.size == size]
                self.assertEqual([place_of(frame) for frame in found], [("<string>", 2)] * frames)

    def test_a_variable_that_does_not_start_tracemalloc_does_not_matter(self) -> None:
        for python, (value, options) in itertools.product(two_pythons(), (("0", ()), ("1", ("-E",)))):
            with self.subTest(python, PYTHONTRACEMALLOC=value):
                target = self.target(python, program=(*options, CASES_TARGET),
                                     environment={"PYTHONTRACEMALLOC": value})
                self.assertEqual(self.number(target, "tracing"), 0)
                self.start_session(target.pid)
                self.assertEqual(self.object(target, self.number(target, "bytes 123"))["size"], 123)


class ExtensionTest(CasesTest):
    """PyTraceMalloc_Track and PyTraceMalloc_Untrack, which return -2: tracemalloc itself does not trace."""

    def tracked(self, target: Target) -> list:
        """(size, newest frame) of each trace of the domain."""
        traces = self.snapshot(target.pid).filter_traces([tracemalloc.DomainFilter(True, DOMAIN)]).traces
        return [(trace.size, place_of(trace.traceback[-1])) for trace in traces]

    def test_what_is_tracked_has_its_domain_size_and_line(self) -> None:
        for python in supported_pythons():
            with self.traced(python) as target:
                for command, marker in (("track", "track"), ("free-track", "freely")):
                    self.assertEqual(self.number(target, f"{command} {DOMAIN} 123"), -2)
                    self.assertEqual(self.tracked(target), [(123, (CASES_TARGET, line_of(marker)))], command)

    def test_what_is_tracked_again_has_the_new_line(self) -> None:
        for python in supported_pythons():
            with self.traced(python) as target:
                self.number(target, f"track {DOMAIN} 123")
                self.number(target, f"again {DOMAIN} 321")
                self.assertEqual(self.tracked(target), [(321, (CASES_TARGET, line_of("again")))])

    def test_what_is_untracked_is_gone_however_often(self) -> None:
        for python in supported_pythons():
            with self.traced(python) as target:
                for command in ("untrack", "free-untrack"):
                    self.number(target, f"track {DOMAIN} 123")
                    self.assertEqual(len(self.tracked(target)), 1)
                    self.number(target, f"{command} {DOMAIN}")
                    self.assertEqual(self.tracked(target), [])
                    self.number(target, f"{command} {DOMAIN}")
                    self.number(target, f"{command} {DOMAIN}")
                    self.assertEqual(self.tracked(target), [])

    def test_after_the_end_nothing_is_tracked_and_untracking_does_no_harm(self) -> None:
        for python in two_pythons():
            with self.freshly_traced(python) as target:
                self.number(target, f"track {DOMAIN} 123")
                run_tmbpf("stop", "--pid", target.pid)
                self.assertEqual(self.number(target, f"untrack {DOMAIN}"), -2)
                self.assertEqual(self.number(target, f"track {DOMAIN} 456"), -2)
                self.assert_refused(run_tmbpf("status", "--pid", target.pid), NO_TARGET, "no tmbpf session")
                self.start_session(target.pid)
                self.assertEqual(self.tracked(target), [])

    def test_a_session_may_record_one_domain_or_leave_one_out(self) -> None:
        target = self.cases_target(supported_pythons()[0])
        self.start_session(target.pid, "--domain", DOMAIN)
        self.number(target, "bytes 12345")
        self.number(target, f"track {DOMAIN} 123")
        self.assertEqual([(trace.domain, trace.size) for trace in self.snapshot(target.pid).traces], [(DOMAIN, 123)])
        run_tmbpf("filter", "clear", "--pid", target.pid)
        run_tmbpf("filter", "add", "--pid", target.pid, "--exclude-domain", DOMAIN)
        self.number(target, f"untrack {DOMAIN}")
        self.number(target, f"track {DOMAIN} 123")
        self.assertEqual(self.object(target, self.number(target, "bytes 12345"))["size"], 12345)
        self.assertEqual(self.tracked(target), [])

    def test_a_session_ends_while_threads_track(self) -> None:
        target = self.cases_target(supported_pythons()[0])
        self.number(target, "race")
        for _ in range(5):
            self.start_session(target.pid)
            wait_until(lambda: self.status(target.pid)["requests"] > 0, "they track")
            self.assertLessEqual(len(self.tracked(target)), 4)
            self.assertEqual(run_tmbpf("stop", "--pid", target.pid).status, DONE)
        self.assertEqual(self.number(target, "drop"), 0)
        self.assert_free(target)

    def test_who_untracks_while_finalizing_ends_as_he_would(self) -> None:
        for python in two_pythons():
            with self.freshly_traced(python) as target:
                self.number(target, "late")
                self.assertEqual(len(self.tracked(target)), 1)
                target.process.stdin.close()
                self.assertEqual(target.read(), "untracked")
                self.assertEqual(target.process.wait(60), 0)
                wait_until(lambda: not self.status(target.pid)["tracing"],  # pylint: disable=cell-var-from-loop
                           "its end is noticed")


if __name__ == "__main__":
    main()
