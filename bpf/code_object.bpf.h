/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Code objects: described once to the collector, known by an id until their block is freed. Knows
 * offsets (struct tmbpf_python), never versions.
 */
#ifndef TMBPF_CODE_OBJECT_BPF_H
#define TMBPF_CODE_OBJECT_BPF_H

#include "maps.bpf.h"

enum { /* PyASCIIObject.state from its kind on: kind:3 compact:1 ascii:1 */
       UNICODE_KIND_MASK = 7,
       UNICODE_COMPACT = 1 << 3,
       UNICODE_ASCII = 1 << 4,
};

static __always_inline __u32 code_filter_slot(__u64 address)
{
	return (__u32)((address >> 4) * 0x9E3779B1u) >> 16;
}

/* Where the text of the str at `object` lies; 0: it has none (yet). `state`: from its kind on. */
static __always_inline __u64 text_address(__u64 object, __u32 state)
{
	__u64 data = 0;

	if (!(state & UNICODE_COMPACT)) {
		read_target(&data, sizeof(data), object + python.unicode_data);
		return data;
	}
	return object +
	       ((state & UNICODE_ASCII) ? python.unicode_ascii_data : python.unicode_compact_data);
}

/* Copies the text of the str at `object`. Left unreadable (char_size 0) when there is none, or, as
 * for tracemalloc, not yet (PyUnicode_READY, to 3.11). */
static __always_inline void read_text(struct tmbpf_text *text, __u64 object)
{
	__u32 state = 0, kind;
	__u64 length = 0, bytes, data;

	text->char_size = 0;
	text->kept = 0;
	text->length = 0;
	if (!object || read_target(&state, sizeof(state), object + python.unicode_state) ||
	    read_target(&length, sizeof(length), object + python.unicode_length))
		return;
	if (python.unicode_ready && !(state & python.unicode_ready))
		return;
	state >>= python.unicode_kind_shift;
	kind = state & UNICODE_KIND_MASK;
	data = text_address(object, state);
	if (!data || (kind != 1 && kind != 2 && kind != 4))
		return;
	bytes = clamp_size(length * kind, TMBPF_NAME_BYTES);
	if (bpf_probe_read_user(text->bytes, bytes, (const void *)data))
		return;
	text->length = length;
	text->kept = (__u32)bytes;
	text->char_size = (__u8)kind;
}

static __always_inline void read_linetable(struct tmbpf_code_event *event, __u64 code)
{
	__u64 object = 0, size = 0, kept;

	event->linetable_kept = 0;
	event->linetable_size = 0;
	event->linetable_address = 0;
	if (read_target(&object, sizeof(object), code + python.code_co_linetable) ||
	    read_target(&size, sizeof(size), object + python.bytes_ob_size))
		return;
	event->linetable_address = object;
	event->linetable_size = size;
	kept = clamp_size(size, TMBPF_LINETABLE_BYTES);
	if (bpf_probe_read_user(event->linetable, kept,
				(const void *)(object + python.bytes_ob_sval)))
		return;
	event->linetable_kept = (__u32)kept;
}

static __always_inline __u64 mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
	return hash ^ (hash >> 32);
}

/* The first `size` bytes; what lies up to 8 bytes behind them is overwritten. */
static __always_inline __u64 hash_bytes(__u64 hash, __u8 *bytes, __u64 size, __u32 most)
{
	size = clamp_size(size, most - 8);
	*(__u64 *)(bytes + size) = 0;
	for (__u32 i = 0; i < most - 8; i += 8) {
		if (i >= size)
			break;
		hash = mix(hash, *(const __u64 *)(bytes + i));
	}
	return mix(hash, size);
}

/* Of what is told of a code object; 0: not all of it was read. Not static, so that the verifier
 * looks at it once. */
__noinline __u64 hash_of_code(struct scratch *scratch)
{
	struct tmbpf_code_event *event;
	__u64 hash;

	if (!scratch)
		return 0;
	event = &scratch->code;
	if (!event->filename.char_size || !event->qualname.char_size ||
	    event->linetable_kept != event->linetable_size || !event->linetable_size ||
	    event->linetable_kept > TMBPF_LINETABLE_BYTES - 8 ||
	    event->filename.kept > TMBPF_NAME_BYTES - 8 ||
	    event->qualname.kept > TMBPF_NAME_BYTES - 8)
		return 0;
	hash = mix((__u32)event->firstlineno, event->filename.length);
	hash = mix(hash, event->qualname.length);
	hash = hash_bytes(hash, event->filename.bytes, event->filename.kept, TMBPF_NAME_BYTES);
	hash = hash_bytes(hash, event->qualname.bytes, event->qualname.kept, TMBPF_NAME_BYTES);
	hash = hash_bytes(hash, event->linetable, event->linetable_kept, TMBPF_LINETABLE_BYTES);
	return hash ? hash : 1;
}

static __noinline int read_code(struct scratch *scratch, __u64 code)
{
	struct tmbpf_code_event *event;
	__u64 filename = 0, qualname = 0;

	if (!scratch)
		return 0;
	event = &scratch->code;
	event->kind = TMBPF_EVENT_CODE;
	event->address = code;
	event->firstlineno = 0;
	read_target(&event->firstlineno, sizeof(event->firstlineno),
		    code + python.code_co_firstlineno);
	read_target(&filename, sizeof(filename), code + python.code_co_filename);
	read_target(&qualname, sizeof(qualname), code + python.code_co_qualname);
	read_text(&event->filename, filename);
	read_text(&event->qualname, qualname);
	read_linetable(event, code);
	return 1;
}

/* Sends the description that was read; false when it could not be sent. */
static __noinline int send_code(struct scratch *scratch, __u32 id)
{
	struct tmbpf_code_event *event;

	if (!scratch)
		return 0;
	event = &scratch->code;
	event->id = id;
	return bpf_ringbuf_output(&events, event,
				  __builtin_offsetof(struct tmbpf_code_event, linetable) +
				      clamp_size(event->linetable_kept, TMBPF_LINETABLE_BYTES),
				  BPF_RB_NO_WAKEUP) == 0;
}

/* Where no probe sees code objects freed, what tells whether the one at an address is still the
 * same: where its names and its line table lie, and its first line. */
static __always_inline __u64 parts_of(__u64 code)
{
	__u64 filename = 0, qualname = 0, linetable = 0;
	__u32 firstlineno = 0;

	read_target(&firstlineno, sizeof(firstlineno), code + python.code_co_firstlineno);
	read_target(&filename, sizeof(filename), code + python.code_co_filename);
	read_target(&qualname, sizeof(qualname), code + python.code_co_qualname);
	read_target(&linetable, sizeof(linetable), code + python.code_co_linetable);
	return ((filename * 3 + qualname) * 5 + linetable) * 7 + firstlineno;
}

/* The id of the code object that was read: that of its like, or a new one, whose description is
 * sent; 0: it could not be. */
static __noinline __u32 identify_code(struct scratch *scratch)
{
	__u64 hash = hash_of_code(scratch);
	__u32 *known = hash ? bpf_map_lookup_elem(&code_contents, &hash) : 0, id;

	if (known)
		return *known;
	id = __sync_fetch_and_add(&totals.codes, 1) + 1;
	if (!send_code(scratch, id)) {
		count(TMBPF_LOST_CODES);
		return 0;
	}
	if (hash)
		bpf_map_update_elem(&code_contents, &hash, &id, BPF_ANY);
	return id;
}

/* Gives a code object that is not in codes its id. */
static __noinline int describe_code(struct scratch *scratch, __u64 code, struct tmbpf_code *fresh)
{
	struct code_filter *filter;
	__u32 zero = 0;

	if (!scratch || !fresh)
		return 0;
	fresh->id = 0;
	fresh->firsttraceable = 0;
	fresh->parts = parts_of(code);
	if (python.code_co_firsttraceable != TMBPF_NO_FIELD &&
	    read_target(&fresh->firsttraceable, sizeof(fresh->firsttraceable),
			code + python.code_co_firsttraceable)) {
		count(TMBPF_LOST_FRAMES);
		return 0;
	}
	fresh->firsttraceable *= 2;
	if (!read_code(scratch, code))
		return 0;
	fresh->id = identify_code(scratch);
	if (!fresh->id)
		return 0;
	filter = bpf_map_lookup_elem(&code_filter, &zero);
	if (filter)
		filter->slots[code_filter_slot(code) & (CODE_FILTER_SLOTS - 1)] = 1;
	bpf_map_update_elem(&codes, &code, fresh, BPF_ANY);
	return 1;
}

/* The id and the first traceable offset of the code object at `code`; id 0: not described. */
static __always_inline struct tmbpf_code code_of(struct scratch *scratch, __u64 code)
{
	struct cached_code *cached = &scratch->codes[code_filter_slot(code) & (CACHED_CODES - 1)];
	struct tmbpf_code fresh = {};
	struct tmbpf_code *known;

	if (cached->address == code && cached->generation == totals.code_generation)
		return (struct tmbpf_code){.id = cached->id,
					   .firsttraceable = cached->firsttraceable};
	known = bpf_map_lookup_elem(&codes, &code);
	if (known && (!method.sampled || known->parts == parts_of(code)))
		fresh = *known;
	else if (!describe_code(scratch, code, &fresh))
		return fresh;
	cached->address = code;
	cached->generation = totals.code_generation;
	cached->id = fresh.id;
	cached->firsttraceable = fresh.firsttraceable;
	return fresh;
}

/* Where a code object that is dropped is remembered. */
static __always_inline __u64 *dropped_code(__u64 address)
{
	__u32 zero = 0;
	struct tmbpf_dropped_codes *codes_dropped = bpf_map_lookup_elem(&dropped_codes, &zero);

	if (!codes_dropped)
		return 0;
	return &codes_dropped->code[code_filter_slot(address) & (TMBPF_DROPPED_CODES - 1)];
}

/* A code object's identity ends with its block: what lies there later is another one. */
static __always_inline void forget_code(__u64 address)
{
	__u32 zero = 0;
	struct code_filter *filter = bpf_map_lookup_elem(&code_filter, &zero);
	__u64 *dropped;

	if (!filter || !filter->slots[code_filter_slot(address) & (CODE_FILTER_SLOTS - 1)] ||
	    bpf_map_delete_elem(&codes, &address))
		return;
	__sync_fetch_and_add(&totals.code_generation, 1);
	dropped = dropped_code(address);
	if (dropped && (*dropped & TMBPF_ADDRESS_MASK) == address)
		*dropped = 0;
}

#endif
