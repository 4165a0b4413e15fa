/* SPDX-License-Identifier: Apache-2.0 */
/* A program that embeds CPython: the interpreter is in libpython, linked as a shared library. Takes
 * the arguments of python. Declared here so that no version's headers are needed. */
extern int Py_BytesMain(int argc, char **argv);

int main(int argc, char **argv) { return Py_BytesMain(argc, argv); }
