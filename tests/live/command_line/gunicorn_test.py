# SPDX-License-Identifier: Apache-2.0
"""A prefork server: Debian's gunicorn with four workers under a bounded load."""
import contextlib

from code_differences import code_differences
from family import APPLICATION, Gunicorn, has_session
from support import CommandLineTest, is_locked, main, marked_line, remove_stale, wait_until

WORKERS = 4
REQUESTS = 30  # of each worker, at least


class GunicornTest(CommandLineTest):
    def server(self) -> Gunicorn:
        server = self.enterContext(contextlib.closing(Gunicorn(WORKERS)))
        self.addCleanup(remove_stale, server.pid)
        return server

    def wait_until_followed(self, workers: set) -> None:
        for worker in workers:
            wait_until(lambda: has_session(worker),  # pylint: disable=cell-var-from-loop
                       f"worker {worker} is followed")

    def test_without_follow_no_worker_keeps_a_breakpoint(self) -> None:
        server = self.server()
        self.start_session(server.pid)
        self.assertGreater(code_differences(server.pid), 0)
        for _ in range(2):
            server.replace_a_worker()
        workers = server.workers()
        for worker in workers:
            wait_until(lambda: code_differences(worker) == 0,  # pylint: disable=cell-var-from-loop
                       f"worker {worker} is healed", 10)
            self.assertFalse(is_locked(worker))
        server.serve_until_each_has_answered(REQUESTS)
        self.assertEqual(sum(code_differences(worker) for worker in workers), 0)

    def test_with_follow_each_workers_leaking_line_is_found(self) -> None:
        server = self.server()
        self.start_session(server.pid, "--follow")
        self.wait_until_followed({server.replace_a_worker(), *server.workers()})
        answers = server.serve_until_each_has_answered(REQUESTS)
        workers = server.workers()
        self.assertEqual(len(workers), WORKERS)
        for worker in workers:
            first = self.snapshot(worker).statistics("lineno")[0]
            frame = first.traceback[0]
            self.assertEqual((frame.filename, frame.lineno), (APPLICATION, marked_line("leak", APPLICATION)))
            self.assertGreaterEqual(first.count, answers[worker])
            self.assertGreaterEqual(first.size, 5000 * answers[worker])
            self.assertEqual(self.status(worker)["lost"], 0)


if __name__ == "__main__":
    main()
