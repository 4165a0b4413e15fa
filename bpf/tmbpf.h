/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The one contract between the BPF programs and everything that runs in user space.
 *
 * Included by BPF C (clang, -target bpf), by the host test build and by C++. Every struct has
 * explicit padding and asserted sizes. All sizes are bytes, all addresses are the target's
 * virtual addresses, all counts are plain counts. Nothing here depends on a CPython version:
 * versions become numbers in struct tmbpf_python before the kernel sees them.
 */
#ifndef TMBPF_H
#define TMBPF_H

#include <linux/types.h>

#include "tmbpf_samples.h"

#ifdef __cplusplus
#define TMBPF_ASSERT_SIZE(type, size) static_assert(sizeof(type) == (size))
#else
#define TMBPF_ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
#endif

enum {
	TMBPF_MAX_FRAMES = 128,	 /* frames kept of one stack, at most */
	TMBPF_MAX_DEPTH = 65535, /* frames counted of one stack (tracemalloc's UINT16_MAX) */
	TMBPF_MAX_SITES = 4096,	 /* probe sites of one target */
	TMBPF_MAX_THREADS =
	    4096, /* thread states looked at when searching one; requests in flight */
	TMBPF_NAME_BYTES = 1024,      /* bytes kept of a file name or a qualified name, as stored */
	TMBPF_LINETABLE_BYTES = 8192, /* bytes of a line table sent with its code object */
	TMBPF_FRAME_BYTES = 128,      /* bytes of a frame that may be read */
	TMBPF_MAX_DOMAINS = 16,	      /* tracemalloc domains besides 0 */
};

/* What the program does when a site is hit. */
enum tmbpf_op {
	TMBPF_OP_MALLOC = 0,	    /* request: size */
	TMBPF_OP_CALLOC = 1,	    /* request: nelem * size */
	TMBPF_OP_REALLOC = 2,	    /* request: pointer, size */
	TMBPF_OP_FREE = 3,	    /* pointer */
	TMBPF_OP_RESULT = 4,	    /* the pending raw request of this thread returned: pointer */
	TMBPF_OP_RAW_RETURN = 5,    /* return probe on a tail jump into libc: result in rax */
	TMBPF_OP_REFILL_RETURN = 6, /* return probe on pymalloc's refill function: result in rax */
	TMBPF_OP_NEW_REFERENCE = 7, /* pointer: an object that may come from a free list; guarded:
				     * ZF set means that tracemalloc's own flag is off */
	TMBPF_OP_TRACK = 8,	    /* PyTraceMalloc_Track: domain (nelem), pointer, size */
	TMBPF_OP_UNTRACK = 9,	    /* PyTraceMalloc_Untrack: domain (nelem), pointer */
};

/* Which of CPython's allocators the site belongs to. */
enum tmbpf_allocator {
	TMBPF_PYMALLOC = 0, /* _PyObject_* : the mem and object domains */
	TMBPF_RAW = 1,	    /* _PyMem_Raw* : the raw domain, and what pymalloc passes on to it */
};

/* Where an operand is when the site is hit. */
enum tmbpf_operand_kind {
	TMBPF_OPERAND_NONE = 0,
	TMBPF_OPERAND_CONSTANT = 1, /* value */
	TMBPF_OPERAND_REGISTER = 2, /* register + value */
	TMBPF_OPERAND_MEMORY = 3,   /* 8 bytes at register + value */
};

/* x86-64 register numbers as the instruction encoding has them: rax 0, rcx 1, rdx 2, rbx 3,
 * rsp 4, rbp 5, rsi 6, rdi 7, r8..r15. */
struct tmbpf_operand {
	__s64 value;
	__u8 kind; /* enum tmbpf_operand_kind */
	__u8 reg;
	__u8 pad[6];
};
TMBPF_ASSERT_SIZE(struct tmbpf_operand, 16);

/* One probe site. Written by the tracer before attaching, read by the programs; its index in the
 * sites map is the BPF cookie of the probe. */
struct tmbpf_site {
	struct tmbpf_operand size;  /* requested bytes; calloc: bytes of one element */
	struct tmbpf_operand nelem; /* calloc: number of elements; track, untrack: domain */
	struct tmbpf_operand ptr;   /* free, realloc: the block; result: where the result is */
	__u8 op;		    /* enum tmbpf_op */
	__u8 allocator;		    /* enum tmbpf_allocator */
	__u8 guarded;		    /* 1: counts only with ZF set (the inlined copy will run) */
	__u8 stratum;		    /* enum tmbpf_stratum; only mode sampled looks at it */
	__u8 pad[4];
};
TMBPF_ASSERT_SIZE(struct tmbpf_site, 56);

/* An offset of a field that this CPython does not have. */
#define TMBPF_NO_FIELD 0xffffffffU

/* The target's interpreter in numbers: where its state lies in the process, and the offsets of the
 * fields that the programs read, each named after its CPython field (the oldest name where it
 * changed). Written by the tracer before loading (read-only data), read by the programs. Offsets
 * and sizes are bytes. */
struct tmbpf_python {
	/* addresses in the process */
	__u64 tstate_current;	 /* a PyThreadState *: _PyRuntime.gilstate.tstate_current; 3.12+:
				  * the last holder of the main interpreter's GIL */
	__u64 interpreters_head; /* _PyRuntime.interpreters.head */
	__u64 usedpools;	 /* usedpools[] of obmalloc.c; 3.12+: of the main interpreter */
	__u64 arenas;		 /* the variable arenas of obmalloc.c, likewise */
	__u64 maxarenas;	 /* the variable maxarenas of obmalloc.c, likewise */
	/* PyInterpreterState, PyThreadState, _PyCFrame */
	__u32 interp_next;
	__u32 interp_threads_head;
	__u32 tstate_next;
	__u32 tstate_thread_id;
	__u32 tstate_frame;	    /* frame (3.8-3.10), cframe (3.11, 3.12), current_frame */
	__u32 cframe_current_frame; /* none: tstate_frame is the frame */
	/* PyFrameObject (3.8-3.10), _PyInterpreterFrame */
	__u32 frame_size;      /* bytes, up to the last field read; at most TMBPF_FRAME_BYTES */
	__u32 frames_adjacent; /* 1: they lie side by side in the data stack (3.11+) */
	__u32 frame_f_code;
	__u32 frame_f_code_tag; /* low bits of f_code that are no part of the address (3.14+) */
	__u32 frame_previous;
	__u32 frame_prev_instr;		/* f_lasti (int), prev_instr or instr_ptr (pointers) */
	__u32 frame_lasti_unit;		/* bytes that f_lasti counts; 0: prev_instr is a pointer */
	__u32 frame_owner;		/* none: every frame counts */
	__u32 frame_owned_by_generator; /* value of frame_owner whose frames are always complete */
	__u32 frame_owned_by_cstack;	/* from this value of frame_owner on: never complete */
	__u32 frame_line_flag;	    /* not zero: the line is f_lineno (f_trace, f_lineno); none */
	__u32 frame_line_flag_size; /* bytes of it, 4 or 8 */
	__u32 frame_f_lineno;
	/* PyCodeObject */
	__u32 code_co_filename;
	__u32 code_co_qualname;	 /* co_name before 3.11 */
	__u32 code_co_linetable; /* co_lnotab before 3.10 */
	__u32 code_co_firstlineno;
	__u32 code_co_firsttraceable; /* in code units of 2 bytes; none: 0 */
	__u32 code_co_code_adaptive;  /* none: frames hold an index */
	/* PyObject, PyVarObject, PyTypeObject */
	__u32 object_ob_type;
	__u32 object_ob_size; /* of a PyVarObject */
	__u32 type_tp_basicsize;
	__u32 type_tp_itemsize;
	__u32 type_tp_flags; /* 8 bytes, of which Py_TPFLAGS_HAVE_GC is 1 << 14 */
	__u32 gc_head_size;  /* sizeof(PyGC_Head): lies before an object of a type with that flag */
	/* PyASCIIObject, PyCompactUnicodeObject, PyUnicodeObject, PyBytesObject */
	__u32 unicode_length;
	__u32 unicode_state;
	__u32 unicode_kind_shift;   /* in state: kind:3, then compact:1, ascii:1 */
	__u32 unicode_ready;	    /* bit of state without which there is no text yet; 0: none */
	__u32 unicode_ascii_data;   /* offset of the text of a compact ASCII string */
	__u32 unicode_compact_data; /* offset of the text of any other compact string */
	__u32 unicode_data;	    /* offset of the pointer to the text of a string not compact */
	__u32 bytes_ob_size;
	__u32 bytes_ob_sval;
	/* pymalloc: struct pool_header, struct arena_object, and its constants */
	__u32 pool_ref; /* 4 bytes: blocks of it that are allocated */
	__u32 pool_freeblock;
	__u32 pool_nextpool;
	__u32 pool_prevpool;
	__u32 pool_arenaindex;
	__u32 pool_szidx;
	__u32 arena_address;
	__u32 arena_object_size;
	__u32 pool_size;
	__u32 arena_size;
	__u32 alignment_shift;	       /* size classes are multiples of 1 << this */
	__u32 small_request_threshold; /* largest request that pymalloc serves */
	/* Of the GIL's `locked` (int) from tstate_current; none: there is one GIL (before 3.12) */
	__u32 gil_locked;
	__u32 pad;
};
TMBPF_ASSERT_SIZE(struct tmbpf_python, 5 * 8 + 54 * 4);

/* Read-only settings of one session. Written before loading. */
struct tmbpf_config {
	__u32 max_frames;    /* frames kept, 1..TMBPF_MAX_FRAMES */
	__u32 hold_at_end;   /* 1: stop the target (SIGSTOP) where it begins to finalize */
	__u32 follow;	     /* 1: report what the target's descendants fork and execute, too */
	__u32 pid;	     /* the target, in tmbpf's pid namespace */
	__u32 pid_namespace; /* tmbpf's own, by its inode number */
	__u32 max_stacks;    /* elements of stack_sums */
	__u32 max_traces;    /* blocks recorded at a time, in chunks and in the traces map */
	__u32 pad;
};
TMBPF_ASSERT_SIZE(struct tmbpf_config, 32);
TMBPF_ASSERT_SIZE(struct tmbpf_method, 144);
TMBPF_ASSERT_SIZE(struct tmbpf_sample, 24);

/* Key of a block: its address, and in the 16 bits that user space does not address
 * the slot of its tracemalloc domain: 0 for domain 0, else 1 + its index in struct tmbpf_domains.
 */
#define TMBPF_DOMAIN_SHIFT 48
#define TMBPF_ADDRESS_MASK ((1ULL << TMBPF_DOMAIN_SHIFT) - 1)

/* The domains that PyTraceMalloc_Track was called with, 0 where there is none yet. In .bss; a value
 * that was set never changes. */
struct tmbpf_domains {
	__u32 domain[TMBPF_MAX_DOMAINS];
};
TMBPF_ASSERT_SIZE(struct tmbpf_domains, 4 * TMBPF_MAX_DOMAINS);

/* One live block. Written by the programs, read by the collector in batches. */
struct tmbpf_trace {
	__u64 size;  /* requested bytes */
	__u64 stack; /* id of its stack, or TMBPF_STACK_UNKNOWN */
};
TMBPF_ASSERT_SIZE(struct tmbpf_trace, 16);

/* Blocks that pymalloc serves are kept in chunks, one for each region of 1 << TMBPF_REGION_SHIFT
 * bytes of addresses that has some: a slot for each place where a block may begin, 0 where none
 * that is recorded does, else its size, TMBPF_SLOT_MARK, and from TMBPF_SLOT_STACK_SHIFT on the id
 * of its stack. The tracer sets the mark, a program that writes the slot leaves it out. A store
 * costs a fraction of an update of the traces map, and user space reads it as memory. Written by
 * the programs, and by the tracer while it clears or sweeps. */
enum {
	TMBPF_REGION_SHIFT = 20,
	TMBPF_SLOT_SHIFT = 4, /* the alignment of pymalloc's blocks */
	TMBPF_CHUNK_SLOTS = 1 << (TMBPF_REGION_SHIFT - TMBPF_SLOT_SHIFT),
	TMBPF_SLOT_SIZE_MASK = (1 << 10) - 1,
	TMBPF_SLOT_MARK = 1 << 10,
	TMBPF_SLOT_STACK_SHIFT = 11,
	TMBPF_SLOT_STACKS = 1 << (32 - TMBPF_SLOT_STACK_SHIFT), /* ids from here on: traces map */
	TMBPF_MAX_CHUNKS = 1 << 14,
};
struct tmbpf_chunk {
	__u32 slots[TMBPF_CHUNK_SLOTS];
};

/* A region that has a chunk; element of the regions map: one of the TMBPF_REGION_TRIES from its
 * number modulo TMBPF_REGIONS on. */
#define TMBPF_REGIONS (1U << 16) /* four for each chunk */
#define TMBPF_REGION_TRIES 8U
struct tmbpf_region {
	__u32 number; /* 0: none */
	__u32 chunk;
};
TMBPF_ASSERT_SIZE(struct tmbpf_region, 8);

/* Ids of stacks. From TMBPF_STACK_FIRST on they are indices of the stack_sums map, in order of
 * first sight; a stack that found no room there has its hash, with TMBPF_STACK_HASHED set. */
#define TMBPF_STACK_UNKNOWN 0ULL /* no Python frame: tracemalloc's ("<unknown>", 0) */
#define TMBPF_STACK_HIDDEN 1ULL	 /* filtered out, but kept: it may come back by a free list */
#define TMBPF_STACK_FIRST 2ULL
#define TMBPF_STACK_HASHED (1ULL << 63)

/* A stack that is known; key of the stacks map: its hash. */
struct tmbpf_stack {
	__u64 id;
	__u64 sent; /* 1: described */
};
TMBPF_ASSERT_SIZE(struct tmbpf_stack, 16);

/* What the blocks of one stack add up to; index of the stack_sums map: its id. The sums are written
 * by the programs, the verdict by the tracer. */
struct tmbpf_stack_sum {
	__u64 bytes;
	__u64 blocks;
	__u32
	    dropped; /* bit i: blocks of domain slot i are not recorded, while filters are active */
	__u32 pad;
};
TMBPF_ASSERT_SIZE(struct tmbpf_stack_sum, 24);

/* What is not recorded. In .bss; written by the tracer. */
struct tmbpf_filters {
	__u64 min_size;	  /* bytes; smaller blocks are not recorded */
	__u32 active;	  /* 1: this, the stacks' verdicts and those of code objects count */
	__u32 generation; /* raised when stacks get new ids */
};
TMBPF_ASSERT_SIZE(struct tmbpf_filters, 16);

/* Verdicts on code objects by id: 1 where no block counts that was allocated with this code's frame
 * as the most recent one, in domain 0. Written by the tracer. */
#define TMBPF_CODE_VERDICTS (1U << 18)
struct tmbpf_code_verdicts {
	__u8 dropped[TMBPF_CODE_VERDICTS];
};

/* Code objects that are dropped, as the programs found them, by a hash of their address: the
 * address, and above TMBPF_DOMAIN_SHIFT the first traceable offset. The tracer empties it when
 * verdicts have changed and no program runs any more that read the former ones. */
#define TMBPF_DROPPED_CODES 4096U
struct tmbpf_dropped_codes {
	__u64 code[TMBPF_DROPPED_CODES];
};

/* A request whose result is not known yet; key of the pending map: pid_tgid. */
enum tmbpf_pending_kind {
	TMBPF_PENDING_REFILL = 1, /* inside pymalloc's refill: raw requests are its own */
	TMBPF_PENDING_RAW = 2,	  /* inside libc; old, if any, is already taken out of traces */
	TMBPF_PENDING_MOVE = 3,	  /* pymalloc realloc that leaves pymalloc, before or inside libc;
				   * old stays until the result is there */
};
struct tmbpf_pending {
	__u64 size;		 /* requested bytes */
	__u64 old;		 /* realloc: the block that goes away, else 0 */
	struct tmbpf_trace held; /* RAW: old's trace, put back if realloc fails; stack ~0: none */
	__u32 kind;		 /* enum tmbpf_pending_kind */
	__u32 window;		 /* tmbpf_method.window when it was asked for */
};
TMBPF_ASSERT_SIZE(struct tmbpf_pending, 40);

/* A code object that is known; key of the codes map: its address. */
struct tmbpf_code {
	__u32 id;	      /* 1.. in order of first sight; 0: not described */
	__u32 firsttraceable; /* bytes from the code's start to its first traceable unit */
	__u64 parts;	      /* of what its names and lines lie at; another code has another */
};
TMBPF_ASSERT_SIZE(struct tmbpf_code, 16);

/* Totals as tracemalloc counts them. In .bss; written by the programs, read by the collector. */
struct tmbpf_totals {
	__u64 traced_current; /* bytes */
	__u64 traced_peak;    /* bytes */
	__u64 traces;	      /* blocks */
	__u32 codes;	      /* code ids given out */
	__u32 stopped; /* 1: record nothing any more (it finalizes, or executed a new program) */
	__u32 code_generation; /* code objects freed */
	__u32 at_end;	       /* 1: the target has begun to finalize */
	__u32 clearing;	       /* 1: no new trace; written by the tracer while it takes all out */
	__u32 pad;
	__u64 stacks;	    /* ids of stacks given out, from TMBPF_STACK_FIRST on */
	__u64 hashed;	    /* stacks that got their hash as id, at each sight */
	__u32 chunks;	    /* chunks that have a region */
	__u32 chunks_ready; /* chunks there are; written by the tracer, which keeps some spare */
	__u64 unchunked;    /* blocks of pymalloc that had to be put into the traces map, ever */
	__u64 last_put;	    /* with method.live: the newest of them, which may not be taken yet */
};
TMBPF_ASSERT_SIZE(struct tmbpf_totals, 88);

/* Per-CPU counters. The first group is for information; from TMBPF_FIRST_LOSS on each counts
 * something that was not seen as it should have been, and is shown whenever it is not zero. */
enum tmbpf_counter {
	TMBPF_COUNT_REQUESTS,	    /* malloc, calloc and realloc sites hit */
	TMBPF_COUNT_FREES,	    /* free sites hit */
	TMBPF_COUNT_PREDICTED,	    /* results read from the free list */
	TMBPF_COUNT_RETURNED,	    /* results caught on return */
	TMBPF_COUNT_NO_THREAD,	    /* blocks of threads without a Python thread state */
	TMBPF_COUNT_NEW_REFERENCES, /* objects that may come from a free list, seen */
	TMBPF_COUNT_REOWNED,	    /* traced blocks among them: got their new owner's stack */
	TMBPF_COUNT_FILTERED,	    /* blocks that a filter left out */
	TMBPF_FIRST_LOSS,
	TMBPF_LOST_TRACES_FULL =
	    TMBPF_FIRST_LOSS,	  /* blocks: no room; live mode: no chunk, either */
	TMBPF_LOST_TRACES_MEMORY, /* blocks: the kernel had no memory for a trace */
	TMBPF_LOST_PENDING,	  /* blocks: too many threads inside the allocator */
	TMBPF_LOST_STALE,	  /* requests whose result never came */
	TMBPF_LOST_OPERAND,	  /* hits whose operand could not be read */
	TMBPF_LOST_POOL,	  /* blocks: pool header not readable */
	TMBPF_LOST_SCRATCH,	  /* stacks: no scratch space on this CPU */
	TMBPF_LOST_FRAMES,	  /* stacks cut short: a frame could not be read */
	TMBPF_LOST_STACKS,	  /* descriptions of stacks that found no room in the ring buffer */
	TMBPF_LOST_CODES,	  /* descriptions of code objects, likewise */
	TMBPF_LOST_DOMAINS,	  /* blocks: more tracemalloc domains than TMBPF_MAX_DOMAINS */
	TMBPF_LOST_OTHER_GIL,	  /* blocks of interpreters with a GIL and pools of their own */
	TMBPF_LOST_OWNERS,	  /* objects from free lists: type not readable, owner stays */
	TMBPF_LOST_PROCESSES,	  /* forks and new programs that found no room to be told */
	TMBPF_COUNTERS,
};

/* Messages in the ring buffer; every one begins with its kind. */
enum tmbpf_event_kind {
	TMBPF_EVENT_STACK = 1,
	TMBPF_EVENT_CODE = 2,
	TMBPF_EVENT_EXEC = 3,
	TMBPF_EVENT_FORK = 4,
};

/* Low halves of a frame that are no offset. */
#define TMBPF_LINE_GIVEN 0x80000000U  /* a debugger keeps the line in f_lineno (3.8-3.10) */
#define TMBPF_BEFORE_CODE 0x7fffffffU /* nothing of the code has run */

/* A stack at its first sight. Sent with `nframes` elements of frames. */
struct tmbpf_stack_event {
	__u32 kind;
	__u32 nframes; /* kept */
	__u64 id;
	__u32 total_nframe; /* before the cut, at most TMBPF_MAX_DEPTH */
	__u32 pad;
	/* most recent first: code id << 32 | byte offset of prev_instr in the code; or
	 * TMBPF_BEFORE_CODE; or TMBPF_LINE_GIVEN | the line itself */
	__u64 frames[TMBPF_MAX_FRAMES];
};
TMBPF_ASSERT_SIZE(struct tmbpf_stack_event, 24 + 8 * TMBPF_MAX_FRAMES);

/* A str as it lies in memory: `length` characters of `kind` bytes (1 Latin-1, 2 UCS-2, 4 UCS-4;
 * 0: not readable), of which `kept` bytes were copied. */
struct tmbpf_text {
	__u64 length;
	__u32 kept;
	__u8 char_size;
	__u8 pad[3];
	__u8 bytes[TMBPF_NAME_BYTES];
};
TMBPF_ASSERT_SIZE(struct tmbpf_text, 16 + TMBPF_NAME_BYTES);

/* A code object at its first sight. Sent with `linetable_kept` bytes of linetable. */
struct tmbpf_code_event {
	__u32 kind;
	__u32 id;
	__u64 address;
	__u64 linetable_address; /* the bytes object, so that the rest can be read while it lives */
	__s32 firstlineno;
	__u32 linetable_kept;
	__u64 linetable_size; /* bytes, whole */
	struct tmbpf_text filename;
	struct tmbpf_text qualname;
	__u8 linetable[TMBPF_LINETABLE_BYTES];
};
TMBPF_ASSERT_SIZE(struct tmbpf_code_event,
		  40 + 2 * (16 + TMBPF_NAME_BYTES) + TMBPF_LINETABLE_BYTES);

/* The target or, with --follow, one of its descendants forked (child) or executed a new program
 * (child is 0). Numbers are tgids in tmbpf's pid namespace, 0 where it does not see the process. */
struct tmbpf_process_event {
	__u32 kind; /* TMBPF_EVENT_FORK or TMBPF_EVENT_EXEC */
	__u32 tgid;
	__u32 child;
	__u32 pad;
	__u64 start; /* when the child, or who executed, was made: nanoseconds since boot */
};
TMBPF_ASSERT_SIZE(struct tmbpf_process_event, 24);

#endif /* TMBPF_H */
