// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tmbpf::test {

// A program for TracedPython: stops itself once, then touches many object kinds, grows and shrinks
// containers, imports, formats, raises.
inline constexpr const char* kWorkload = R"(
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
import ast, collections, json, re, struct, array, io, itertools, functools, weakref, threading
kept = []
def nested(n):
    return n and nested(n - 1)
class Thing:
    def __init__(self, n):
        self.n, self.text = n, 'thing %d' % n
for n in (1, 3, 40, 700, 9000):
    kept += [list(range(n)), {i: str(i) for i in range(n)}, set(range(n)), 'x' * n, b'y' * n,
             bytearray(n), tuple(range(n)), (1 << n) * 3, array.array('d', range(n)),
             frozenset(map(str, range(n))), collections.deque(range(n)), [float(i) for i in range(n)],
             collections.OrderedDict.fromkeys(range(n)), '\u20ac' * n, 'a,b' * n, complex(n, n),
             [Thing(i) for i in range(n % 50)], memoryview(bytes(n)), io.BytesIO(b'z' * n),
             io.StringIO('q' * n), itertools.tee(range(n)), functools.partial(nested, n)]
    grown = []
    for i in range(n):
        grown.append(i)
    while len(grown) > 1:
        del grown[len(grown) // 2:]
    buffer = bytearray()
    for i in range(n):
        buffer += b'0123456789abcdef'
    del buffer[5:]
    kept.append(weakref.ref(Thing(n)))
    sorted(map(str, range(n)), key=len), ' '.join(map(str, range(n))).split(), ('%s' * 3) % (1, n, 2)
json.loads(json.dumps({'a': [1, 2.5, None, {'b': 'c' * 600}] * 20}, indent=1))
ast.parse('def f(a, *b, c=1, **d):\n  return [x for x in b if x] or {**d}\n' * 20)
exec(compile('class A:\n def m(self): yield from range(3)\nlist(A().m())', '<s>', 'exec'))
re.sub(r'(\w+)-(\d+)', r'\2-\1', 'abc-12 ' * 90)
struct.pack('<3i8sd', 1, 2, 3, b'abc', 1.5)
try:
    raise ValueError('x' * 600)
except ValueError as error:
    kept.append(error)
worker = threading.Thread(target=nested, args=(100,))
nested(900)
os.listdir('/'), os.environ.copy(), os.stat('/'), '{:>20}|{!r:<9}'.format(3, 'x'), f'{kept[0]!r}'
del kept
)";

}  // namespace tmbpf::test
