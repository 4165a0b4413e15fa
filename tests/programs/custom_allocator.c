/* SPDX-License-Identifier: Apache-2.0 */
/* An allocator of a program's own, for PyMem_SetAllocator: libc's, behind a header of 16 bytes.
 * Built as a shared library. CPython's types are declared here so that no version's headers are
 * needed (Include/cpython/pymem.h, the same from 3.5 on). */
#include <stdlib.h>
#include <string.h>

struct allocator {
  void *ctx;
  void *(*malloc)(void *ctx, size_t size);
  void *(*calloc)(void *ctx, size_t nelem, size_t elsize);
  void *(*realloc)(void *ctx, void *ptr, size_t size);
  void (*free)(void *ctx, void *ptr);
};

enum domain { RAW = 0, MEM = 1, OBJ = 2 };

extern void PyMem_GetAllocator(int domain, struct allocator *allocator);
extern void PyMem_SetAllocator(int domain, struct allocator *allocator);

static const size_t header = 16;
static struct allocator before[3];

static void *own_malloc(void *ctx, size_t size) {
  char *block = malloc(size + header);
  (void)ctx;
  if (!block) return NULL;
  memcpy(block, "tmbpf-allocator", header);
  return block + header;
}

static void *own_calloc(void *ctx, size_t nelem, size_t elsize) {
  void *block = own_malloc(ctx, nelem * elsize);
  return block ? memset(block, 0, nelem * elsize) : NULL;
}

static int is_own(const char *ptr) { return memcmp(ptr - header, "tmbpf-allocator", header) == 0; }

/* What was handed out before the replacement belongs to the allocator of that time. */
static void *own_realloc(void *ctx, void *ptr, size_t size) {
  struct allocator *old = ctx;
  char *block;

  if (!ptr) return own_malloc(ctx, size);
  if (!is_own(ptr)) return old->realloc(old->ctx, ptr, size);
  block = realloc((char *)ptr - header, size + header);
  return block ? block + header : NULL;
}

static void own_free(void *ctx, void *ptr) {
  struct allocator *old = ctx;

  if (!ptr) return;
  if (is_own(ptr))
    free((char *)ptr - header);
  else
    old->free(old->ctx, ptr);
}

void replace_allocators(void) {
  for (int domain = RAW; domain <= OBJ; domain++) {
    struct allocator own = {&before[domain], own_malloc, own_calloc, own_realloc, own_free};
    PyMem_GetAllocator(domain, &before[domain]);
    PyMem_SetAllocator(domain, &own);
  }
}
