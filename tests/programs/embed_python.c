/* SPDX-License-Identifier: Apache-2.0 */
/* A program that embeds CPython: the interpreter is in libpython, linked as a shared library. Takes
 * the arguments of python. Declared here so that no version's headers are needed.
 *
 * Linked with -nostartfiles: the start files of the system that compiles it would ask for its own
 * libc's version, which an older root does not have. */
extern int Py_BytesMain(int argc, char **argv);
extern void exit(int status) __attribute__((noreturn));

/* The C library has set itself up before the program's entry point, since it is a shared one. */
__attribute__((used, noreturn)) static void begin(long *stack) {
  exit(Py_BytesMain((int)stack[0], (char **)(stack + 1)));
}

__asm__(
    ".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  mov %rsp, %rdi\n"
    "  and $-16, %rsp\n"
    "  call begin\n");
