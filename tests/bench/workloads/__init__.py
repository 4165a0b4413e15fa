# SPDX-License-Identifier: Apache-2.0
"""What Python programs do, one kind of work a file; ../workload_target.py runs one of them.

A workload has turn(): always the same work, a few milliseconds of it (the test suite's: a fifth of a second),
after which nothing of it is held. It may have prepare() and close(). The first line of its docstring is
its description. One that cannot run here raises ImportError when it is imported. Python 3.8 and newer.
"""
NAMES = ("micro_object", "micro_list", "micro_str", "micro_float", "micro_dict", "json_documents", "pickle_records",
         "regex_compile", "class_instances", "word_count", "deep_recursion", "ast_compile", "flask_app", "test_suite")
