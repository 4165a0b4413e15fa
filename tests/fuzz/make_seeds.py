# SPDX-License-Identifier: Apache-2.0
"""make_seeds.py FOLDER: first inputs for the fuzzers, FOLDER/<fuzzer>/<name>, made of the real thing.

Every interpreter of this machine is asked for its own code objects, names, pools and memory map;
`--own FOLDER` is what it runs. (Python 3.8 must be able to read this file.)
"""
import ctypes
import glob
import os
import struct
import subprocess
import sys
import sysconfig
import types

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import file_seeds  # noqa: E402 pylint: disable=wrong-import-position
import pickle_seeds  # noqa: E402 pylint: disable=wrong-import-position

MINOR = sys.version_info[1]

FOREIGN = 0x5EED00000000  # ForeignMemory::kAddress
FORMAT = 0 if MINOR < 10 else 1 if MINOR == 10 else 2  # enum class LineTableFormat
EVENT_STACK, EVENT_CODE, EVENT_EXEC, EVENT_FORK = 1, 2, 3, 4  # enum tmbpf_event_kind
NAME_BYTES = 1024
BYTES_HEADER = 32  # of a bytes object before its bytes
POOL_SIZE = 4096 if MINOR < 10 else 16384
POOL_HEADER = struct.Struct("<IIQQQIIII")  # struct pool_header (Objects/obmalloc.c)
ARENA_OBJECT = struct.Struct("<QQIIQQQ")  # struct arena_object
ARENA = FOREIGN + (1 << 20)
NAMES = ("plain", "caf\u00e9", "\u20ac and \udc80", "snake \U0001f40d")


class Seeds:
    def __init__(self, folder: str) -> None:
        self.folder = folder

    def add(self, fuzzer: str, name: str, data: bytes) -> None:
        folder = os.path.join(self.folder, fuzzer)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"3.{MINOR}-{name}"), "wb") as file:
            file.write(data)


def codes(code):
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from codes(const)


def own_codes() -> list:
    with open(os.path.join(sysconfig.get_paths()["stdlib"], "tempfile.py"), "rb") as file:
        return list(codes(compile(file.read(), "tempfile.py", "exec")))


def line_table(code) -> bytes:
    return code.co_lnotab if MINOR < 10 else code.co_linetable


def text(value: str) -> bytes:
    """struct tmbpf_text."""
    width = 1 if max(map(ord, value), default=0) < 256 else 2 if max(map(ord, value)) < 65536 else 4
    encoding = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}[width]
    data = value.encode(encoding, "surrogatepass")[:NAME_BYTES]
    return struct.pack("<QIB3x", len(value), len(data), width) + data.ljust(NAME_BYTES, b"\0")


def records(*parts) -> bytes:
    """Pairs of an address and bytes, as ForeignMemory::fill takes them."""
    return b"".join(struct.pack("<IH", address - FOREIGN, len(data)) + data for address, data in parts)


def code_event(number: int, code, kept: int, table_address: int) -> bytes:
    table = line_table(code)
    return (struct.pack("<IIQQiIQ", EVENT_CODE, number, 0x1000 * number, table_address,
                        code.co_firstlineno, kept, len(table))
            + text(code.co_filename) + text(code.co_name) + table[:kept])


def stack_event(number: int, frames: list) -> bytes:
    return (struct.pack("<IIQII", EVENT_STACK, len(frames), number, len(frames), 0)
            + struct.pack(f"<{len(frames)}Q", *frames))


def messages(*events) -> bytes:
    return bytes([FORMAT]) + b"".join(struct.pack("<H", len(event)) + event for event in events)


def add_lines_and_names(seeds: Seeds, chosen: list) -> None:
    for number, code in enumerate(chosen[:20]):
        for offset in (-1, 2, len(code.co_code) - 2):
            seeds.add("line_table", f"{number}-{offset}",
                      struct.pack("<BiiB", FORMAT, code.co_firstlineno, offset, 1) + line_table(code))
    for number, name in enumerate(NAMES):
        seeds.add("text", str(number), text(name))


def add_messages(seeds: Seeds, chosen: list) -> None:
    described = [code_event(number, code, len(line_table(code)), 0x1000)
                 for number, code in enumerate(chosen[:4], 1)]
    frames = [number << 32 | 2 for number in range(1, 5)]
    seeds.add("collector", "stacks", messages(*described, stack_event(7, frames), stack_event(8, [])))
    seeds.add("collector", "processes", messages(struct.pack("<III", EVENT_EXEC, 1, 0),
                                                 struct.pack("<III", EVENT_FORK, 1, 2)))
    table = line_table(chosen[0])  # the rest of a long table lies in the message behind
    first = code_event(1, chosen[0], 8, 0)
    address = FOREIGN + 1 + 2 + len(first) + 2 - BYTES_HEADER
    seeds.add("collector", "long_table", messages(code_event(1, chosen[0], 8, address), table,
                                                  stack_event(7, [1 << 32 | 2])))


def free_blocks(pool: bytes, address: int, first: int, home: int):
    """The free list of a pool that lay at `address`, moved to `home`."""
    while address <= first < address + POOL_SIZE:
        (following,) = struct.unpack_from("<Q", pool, first - address)
        moved = following - address + home if following else 0
        yield home + first - address, struct.pack("<Q", moved)
        first = following


def moved_pool(pool: bytes, address: int, home: int) -> list:
    used, pad, free, _, _, _, index, following, last = POOL_HEADER.unpack_from(pool)
    header = POOL_HEADER.pack(used, pad, free - address + home if free else 0, home, home, 0, index,
                              following, last)
    return [(home, header), *free_blocks(pool, address, free, home)]


def is_pool(address: int, pool: bytes) -> bool:
    used, _, free, _, _, _, size_class, following, last = POOL_HEADER.unpack_from(pool)
    return (0 < used < POOL_SIZE and size_class < 32 and POOL_HEADER.size <= following <= POOL_SIZE
            and last <= POOL_SIZE and (free == 0 or 0 <= free - address < POOL_SIZE))


def own_pools() -> list:
    """Some pools of this process: (address, bytes)."""
    kept = [bytes(size) for size in range(16, 480, 32) for _ in range(100)]
    del kept[::3]
    addresses = sorted({id(each) & ~(POOL_SIZE - 1) for each in kept})
    pools = [(address, ctypes.string_at(address, POOL_SIZE)) for address in addresses]
    return [each for each in pools if is_pool(*each)][:8]


def add_heap(seeds: Seeds) -> None:
    pools = own_pools()
    parts = []
    for number, (address, pool) in enumerate(pools):
        parts += moved_pool(pool, address, ARENA + number * POOL_SIZE)
    used = ARENA + len(pools) * POOL_SIZE
    table = ARENA_OBJECT.pack(ARENA, used, 64 - len(pools), 64, 0, 0, 0)
    variables = struct.pack("<QQ", FOREIGN + 0x100, 1)
    seeds.add("heap", "pools", bytes([MINOR])
              + records((FOREIGN, variables), (FOREIGN + 0x100, table), *parts))


def add_malloc(seeds: Seeds) -> None:
    """Chunks of malloc, every third free, then the top."""
    for main, flag in ((0, 0), (1, 4)):
        piece, free_size, before_free = b"", 0, False
        sizes = [(32 + number * 208 % 4000) // 16 * 16 for number in range(60)] + [4096]
        for number, size in enumerate(sizes):
            free = number % 3 == 1
            field = size | (0 if before_free else 1) | (0 if free or number == 60 else flag)
            piece += struct.pack("<QQ", free_size, field) + bytes(size - 16)
            free_size, before_free = (size if free else 0), free
        seeds.add("malloc", f"piece{main}", struct.pack("<BI", main, len(piece) // 16) + piece)


def add_interpreters(seeds: Seeds) -> None:
    """Every pointer leads back to the beginning."""
    everywhere = struct.pack("<Q", FOREIGN) * 4096
    for at, name in ((FOREIGN, "runtime"), (FOREIGN + (4 << 20), "slots")):
        seeds.add("interpreters", name, bytes([MINOR]) + records((at, everywhere)))


def add_layout(seeds: Seeds) -> None:
    """The beginning of this interpreter's _PyRuntime, pointers into itself moved along."""
    runtime = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    words = (ctypes.c_uint64 * 512).from_address(runtime)
    moved = [word - runtime + FOREIGN if 0 <= word - runtime < 1 << 20 else word for word in words]
    seeds.add("layout", "runtime", struct.pack("<BB", MINOR, sys.version_info[2])
              + records((FOREIGN, struct.pack("<512Q", *moved))))


def add_files(seeds: Seeds) -> None:
    with open("/proc/self/maps", "rb") as file:
        seeds.add("process_maps", "own", file.read())
    folder = sysconfig.get_config_var("DESTSHARED") or ""
    modules = sorted(glob.glob(os.path.join(folder, "*.so")), key=os.path.getsize)
    for path in ["/bin/true", *modules[:2]]:
        with open(path, "rb") as file:
            seeds.add("elf_image", os.path.basename(path), file.read())


def add_pickles(seeds: Seeds) -> None:
    for name, data in pickle_seeds.pickles():
        seeds.add("pickle", name, data)


def add_snapshot_files(seeds: Seeds) -> None:
    for fuzzer, name, data in file_seeds.seeds():
        seeds.add(fuzzer, name, data)


def add_patches(seeds: Seeds) -> None:
    for region in range(48):
        value = bytes(8) if region % 2 else b"\xff" * 8
        seeds.add("probe_plan", str(region), struct.pack("<BIB", region, 8, len(value)) + value)


def add_own(folder: str) -> None:
    seeds = Seeds(folder)
    chosen = own_codes()
    add_lines_and_names(seeds, chosen)
    add_messages(seeds, chosen)
    add_heap(seeds)
    add_malloc(seeds)
    add_interpreters(seeds)
    add_layout(seeds)
    add_files(seeds)
    add_pickles(seeds)


def main() -> int:
    if sys.argv[1] == "--own":
        add_own(sys.argv[2])
        return 0
    sys.path.insert(0, os.path.join(HERE, "..", "oracle"))
    from interpreters import find_interpreters  # pylint: disable=import-outside-toplevel
    add_patches(Seeds(sys.argv[1]))
    add_snapshot_files(Seeds(sys.argv[1]))
    for interpreter in find_interpreters():
        subprocess.run([interpreter.path, "-I", os.path.abspath(__file__), "--own", sys.argv[1]], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
