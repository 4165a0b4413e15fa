// SPDX-License-Identifier: Apache-2.0
// Pickles made to do harm, or of something else.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <vector>

#include "tests/unit/pickle/snapshot_text.h"

namespace tmbpf::test {
namespace {

using namespace std::string_literals;

std::string text(const std::string& value) { return "X" + bytes_of(value.size(), 4) + value; }

std::string instance(const std::string& name, const std::string& attributes) {
  return "ctracemalloc\n" + name + "\n)\x81}(" + attributes + "ub";
}

// A whole pickle, whose list of traces is what `list` pushes.
std::string with_list(const std::string& list, const std::string& more = {}) {
  return "\x80\x02" +
         instance("Snapshot", text("traces") + instance("_Traces", text("_traces") + list) +
                                  text("traceback_limit") + "K\x01" + more) +
         ".";
}

std::string with_traces(const std::string& traces, const std::string& more = {}) {
  return with_list("](" + traces + "e", more);
}

const std::string kFrame = text("a.py") + "K\x03\x86";
const std::string kTraceback = kFrame + "\x85";
const std::string kTrace = "(K\0K\x05"s + kTraceback + "K\x01t";

std::string with_attribute(const std::string& name, const std::string& value) {
  return with_traces(kTrace, text(name) + value);
}

struct Refusal {
  std::string bytes;
  std::string expected;  // in the message
};

void expect_refused(const std::vector<Refusal>& cases) {
  for (const auto& [bytes, expected] : cases) {
    const std::string message = refusal(bytes);
    EXPECT_NE(message.find(expected), std::string::npos)
        << "expected: " << expected << "\nsaid: " << message;
    EXPECT_NE(message.find("cannot read x.pickle: byte "), std::string::npos) << message;
  }
}

TEST(HostilePickle, TheFrameOfTheOtherTestsIsSound) {
  EXPECT_EQ(refusal(with_traces(kTrace)), "");
  EXPECT_EQ(refusal(with_attribute("x", "K\x01")), "");
  EXPECT_EQ(trace_text(unpickled(with_traces(kTrace + kTrace))), "0 5 1 a.py:3\n0 5 1 a.py:3\n");
}

TEST(HostilePickle, CannotNameAnythingButTracemallocsTwoClasses) {
  expect_refused({
      {"cos\nsystem\n(S'touch /tmp/x'\ntR.",
       "byte 0: opcode GLOBAL: names 'system' of module 'os'"},
      {"\x80\x04\x8c\x05posix\x8c\x06system\x93.", "byte 17: opcode STACK_GLOBAL: names 'system'"},
      {"ctracemalloc\nFilter\n.", "names 'Filter' of module 'tracemalloc'"},
      {"ctracemalloc\nSnapshot.load\n.", "names 'Snapshot.load'"},
      {"cbuiltins\neval\n.", "expected only tracemalloc's Snapshot and _Traces"},
      {"c\x1b[2J\n\x07\n.", "names '\\x07' of module '\\x1b[2J'"},
      {"\x80\x04K\x01K\x02\x93.", "expected the names of a module and a class, found an int"},
      {"(ios\nsystem\n.", "byte 1: opcode INST: tracemalloc's pickles hold no such thing"},
      {"(o.", "opcode OBJ"},
      {"\x82\x01.", "opcode EXT1"},
      {"\x83\x01\x01.", "opcode EXT2"},
      {"\x84\x01\x01\x01\x01.", "opcode EXT4"},
      {"Pid\n.", "opcode PERSID"},
      {"NQ.", "opcode BINPERSID"},
      {"\x92.", "opcode NEWOBJ_EX"},
      {"\x8f.", "opcode EMPTY_SET"},
      {"\x90.", "opcode ADDITEMS"},
      {"\x91.", "opcode FROZENSET"},
      {"\x96.", "opcode BYTEARRAY8"},
      {"\x97.", "opcode NEXT_BUFFER"},
      {"\x98.", "opcode READONLY_BUFFER"},
      {"\xff.", "opcode 0xff: no opcode of protocols 0 to 5"},
  });
}

TEST(HostilePickle, CannotCallWhatItNames) {
  const std::string reconstructor = "ccopy_reg\n_reconstructor\n";
  expect_refused({
      {"ctracemalloc\nSnapshot\n)R.", "opcode REDUCE: expected copyreg._reconstructor"},
      {"K\x01)R.", "expected copyreg._reconstructor to be called, found an int"},
      {reconstructor + ")R.", "other arguments than (class, object, None)"},
      {reconstructor + "(" + reconstructor + "c__builtin__\nobject\nNtR.", "other arguments"},
      {reconstructor + "(ctracemalloc\nSnapshot\nc__builtin__\nobject\nK\x01tR.",
       "other arguments"},
      {reconstructor + ")\x81.", "opcode NEWOBJ: expected tracemalloc's Snapshot or _Traces"},
      {"cbuiltins\nobject\n)\x81.", "opcode NEWOBJ: expected tracemalloc's Snapshot or _Traces"},
      {"ctracemalloc\nSnapshot\nK\x01\x85\x81.", "expected an empty tuple of arguments"},
      {"}}b.", "opcode BUILD: expected a Snapshot or _Traces"},
      {"ctracemalloc\nSnapshot\n}b.",
       "opcode BUILD: expected a Snapshot or _Traces of tracemalloc"},
      {"ctracemalloc\nSnapshot\n)\x81(}}tb.", "expected a dict of attributes, found a tuple"},
      {"ctracemalloc\nSnapshot\n)\x81}b}b.", "has its attributes already"},
  });
}

TEST(HostilePickle, MustHoldASnapshot) {
  expect_refused({
      {"", "byte 0: the file ends in the middle"},
      {".", "needs 1 objects on the stack, there are 0"},
      {"].", "the pickle: expected a tracemalloc.Snapshot, found a list"},
      {"K\x01.", "expected a tracemalloc.Snapshot, found an int"},
      {"ctracemalloc\nSnapshot\n.", "found a class"},
      {"ctracemalloc\nSnapshot\n)\x81.", "found one without attributes"},
      {instance("_Traces", "") + ".", "found the other class"},
      {instance("Snapshot", "") + ".", "traceback_limit of the snapshot: expected 1 to 65535"},
      {instance("Snapshot", text("traceback_limit") + "J\xff\xff\xff\xff") + ".", "found -1"},
      {instance("Snapshot", text("traceback_limit") + "K\x01") + ".",
       "attribute traces of the snapshot: expected a tracemalloc._Traces, found nothing"},
      {instance("Snapshot", text("traceback_limit") + "K\x01" + text("traces") + "]") + ".",
       "found a list"},
      {with_list(")"), "attribute _traces: expected a list, found a tuple"},
      {with_list("}"), "attribute _traces: expected a list, found a dict"},
      {instance("Snapshot", "K\x01K\x01" + text("traceback_limit") + "K\x01") + ".",
       "the snapshot's attributes: expected names, found an int"},
      {"}.", "a dict without 'format_version': 1"},
      {"}(" + text("format_version") + "K\x02u.", "a dict without 'format_version': 1"},
      {"}(" + text("format_version") + "K\x01u.", "'stats': expected a dict, found nothing"},
  });
}

TEST(HostilePickle, MustHoldTracesAsAPythonHasThem) {
  const std::string tb = kTraceback;
  expect_refused({
      {with_traces("K\x05"), "trace 0 is an int, expected a tuple"},
      {with_traces("]"), "trace 0 is a list, expected a tuple"},
      {with_traces(kTrace + ")"), "trace 1 has 0 fields"},
      {with_traces("K\x05\x85"), "trace 0 has 1 fields"},
      {with_traces("(K\0K\x05"s + tb + "K\x01K\x01t"),
       "trace 0 has 5 fields, expected 2 (Python 3.4 and 3.5), 3"},
      {with_traces(kTrace + "K\x05" + tb + "\x86"), "mixes tuples of 4 fields with others"},
      {with_traces("J\xff\xff\xff\xff" + tb + "\x86"),
       "trace 0: its size is -1, expected 0 to 9223372036854775807"},
      {with_traces("\x8a\x09\0\0\0\0\0\0\0\x80\0"s + tb + "\x86"),
       "its size is an int of more than 64 bits"},
      {with_traces("G\0\0\0\0\0\0\0\0"s + tb + "\x86"), "its size is a float"},
      {with_traces("\x88" + tb + "\x86"), "its size is a bool"},
      {with_traces("\x8a\x05\0\0\0\0\1K\1"s + tb + "\x87"),
       "its domain is 4294967296, expected 0 to 4294967295"},
      {with_traces("K\1)\x86"), "its traceback is empty"},
      {with_traces("K\1]\x86"), "its traceback is a list, expected a tuple of frames"},
      {with_traces("K\1" + kFrame + "K\2\x86\x86"), "frame 1 of its traceback is an int"},
      {with_traces("K\1(NK\1\x86t\x86"), "frame 0 of its traceback has None for a file name"},
      {with_traces("K\1(" + text("a") + "J\xff\xff\xff\xff\x86t\x86"),
       "has the line number -1, expected 0 to 4294967295"},
      {with_traces("(K\0K\x05"s + tb + "K\0t"s), "its total_nframe is 0, expected 1 to 65535"},
      {with_traces("(K\0K\x05"s + tb + "J\0\0\1\0t"s), "its total_nframe is 65536"},
  });
}

TEST(HostilePickle, MustKeepToTheFormOfItsExtraAttributes) {
  expect_refused({
      {with_attribute("x", "ctracemalloc\nSnapshot\n"), "attribute 'x' holds a class, expected"},
      {with_attribute("x",
                      "]ctracemalloc\nSnapshot\n)\x81"
                      "a"),
       "holds an instance of a class"},
      {with_attribute("x", std::string(40, ']') + std::string(39, 'a')),
       "is nested more than 32 deep"},
      {with_attribute("x",
                      "]q\x05h\x05"
                      "a"),
       "is nested more than 32 deep"},
      {with_attribute("tmbpf", "]"), "attribute tmbpf: expected a dict, found a list"},
      {with_attribute("tmbpf", "}K\x01K\x01s"), "attribute tmbpf: expected names"},
      {with_attribute("tmbpf", "}" + text("a") + "]s"), "each an int, float or str"},
      {with_attribute("tmbpf", "}" + text("a=b") + "K\x01s"), "ASCII, without '='"},
      {with_attribute("tmbpf_functions", "]"), "attribute tmbpf_functions: expected a dict"},
      {with_attribute("tmbpf_functions", "}" + text("f") +
                                             "]K\x01"
                                             "as"),
       "list of frames"},
      {with_attribute("tmbpf_total_nframe", "]"), "attribute tmbpf_total_nframe: expected a dict"},
      {with_attribute("tmbpf_total_nframe", "}K\0]s"s), "{1 to 65535: list of tracebacks}"},
      {with_attribute("tmbpf_weights", "}"), "attribute tmbpf_weights: expected a list"},
      {with_attribute("tmbpf_weights", "](K\x01K\x01G?\xf0\0\0\0\0\0\0ta"s), "within the 1 traces"},
      {with_attribute("tmbpf_weights", "](K\0K\x02G?\xf0\0\0\0\0\0\0ta"s), "within the 1 traces"},
      {with_attribute("tmbpf_weights", "](K\0K\0G?\xf0\0\0\0\0\0\0ta"s), "within the 1 traces"},
      {with_attribute("tmbpf_weights", "](K\0K\1Nta"s), "weights that are floats above 0"},
      {with_attribute("tmbpf_weights", "](K\0K\1G\xbf\xf0\0\0\0\0\0\0ta"s), "floats above 0"},
      {with_attribute("tmbpf_weights", "](K\0K\1G\x7f\xf0\0\0\0\0\0\0ta"s), "floats above 0"},
      {with_traces(kTrace + "(K\0K\6"s + kTraceback + "K\1t",
                   text("tmbpf_weights") + "](K\0K\2G?\xf0\0\0\0\0\0\0ta"s),
       "trace 1 differs from trace 0"},
      {with_attribute("tmbpf_domains", "](K\0K\1J\xff\xff\xff\xffta"s), "expected domains from 0"},
      {with_attribute("tmbpf_times",
                      "C\x07"
                      "1234567"),
       "expected bytes, 8 for each of 1 traces"},
  });
}

TEST(HostilePickle, MustKeepToTheFormOfTheOldDict) {
  const auto stats = [](const std::string& lines) {
    return "}(" + text("format_version") + "K\x01" + text("stats") + "}" + text("a.py") + lines +
           "su.";
  };
  EXPECT_EQ(refusal(stats("}K\x01(K\x07K\x03ts")), "");
  expect_refused({
      {stats("]"), "the lines of a file in 'stats': expected a dict, found a list"},
      {stats("}K\1K\1s"), "expected tuples (size, count)"},
      {stats("}K\1(K\1ts"), "expected tuples (size, count)"},
      {stats("}K\1(K\1K\0ts"s), "expected tuples (size, count)"},
      {stats("}K\1(J\xff\xff\xff\xffK\1ts"), "expected tuples (size, count)"},
      {stats("}K\1(K\1\x8a\x08\0\0\0\0\0\0\x30\0ts"s), "9007199254740992 at most"},
      {stats("}J\xff\xff\xff\xff(K\1K\1ts"), "expected line numbers"},
      {"}(" + text("format_version") + "K\x01" + text("stats") + "}K\1}su.", "expected file names"},
  });
}

TEST(HostilePickle, MustBeWellFormed) {
  expect_refused({
      {"\x80\x06", "opcode PROTO: protocol 6, expected at most 5"},
      {"e.", "opcode APPENDS: there is no MARK before it"},
      {"(e.", "there is no list on the stack"},
      {"N(Ne.", "expected a list to append to, found None"},
      {"(K\x01"
       "a.",
       "needs 2 objects on the stack, there are 1"},
      {"N(NNu.", "expected a dict to put items into, found None"},
      {"}(Nu.", "a key without a value"},
      {"(Nd.", "a key without a value"},
      {"\x85.", "opcode TUPLE1: needs 1 objects"},
      {"(0"
       "0.",
       "opcode POP: needs 1 objects"},
      {"h\x05.", "opcode BINGET: nothing was put at place 5 of the memo"},
      {"g99999999999999999999999\n.", "a line of more than 20 bytes"},
      {"gx\n.", "'x' is no place in the memo"},
      {"q\x01.", "place 1 in the memo, in a file that is at byte 0"},
      {"Nr\xff\xff\xff\xff.", "place 4294967295 in the memo, in a file that is at byte 1"},
      {"Np18446744073709551615\n.", "place 18446744073709551615 in the memo"},
      {"I1x\n.", "opcode INT: '1x' is no integer"},
      {"L" + std::string(2000, '1') + "L\n.", "a line of more than 1002 bytes"},
      {"Fx\n.", "'x' is no number"},
      {"Sx\n.", "'x' is no string literal"},
      {"V\\u12\n.", "broken \\u escape"},
      {"X\x01\0\0\0\xff."s, "opcode BINUNICODE: '\\xff' is no UTF-8"},
      {"X\xff\xff\xff\xff.", "a string of 4294967295 bytes, the file has not so many left"},
      {"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "a string of 18446744073709551615 bytes"},
      {"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "a string of 9223372036854775807 bytes"},
      {"\x8b\xff\xff\xff\x7f.", "an integer of 2147483647 bytes"},
      {"\x8b\xff\xff\xff\xff.", "an integer of 4294967295 bytes"},
      {"\x95\xff\xff\xff\xff\xff\xff\xff\xff.", "a frame of 18446744073709551615 bytes"},
  });
}

constexpr std::size_t kSize = 1U << 20U;

// The peak of a process that reads these bytes.
std::uint64_t peak_bytes(const std::string& bytes) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(refusal(bytes).empty() ? 0 : 1);
  }
  int status = 0;
  rusage usage{};
  EXPECT_EQ(::wait4(child, &status, 0, &usage), child);
  EXPECT_TRUE(WIFEXITED(status));
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

TEST(HostilePickle, OfOneMebibyteNeverTakesAGibibyte) {
  const auto repeated = [](const std::string& start, const std::string& part) {
    std::string bytes = start;
    while (bytes.size() + part.size() < kSize) {
      bytes += part;
    }
    return bytes;
  };
  std::string doubling = "]q\x01";  // each list holds the one before it many times
  for (char place = 2; place < 30; ++place) {
    doubling += "]q" + std::string(1, place) + "(" +
                repeated("", "h" + std::string(1, place - 1)).substr(0, 30000) + "e";
  }
  const std::string long_name = text(std::string(500000, 'x')) + "q\x01";
  const std::string many_frames = repeated("(" + kFrame + "q\x01", "h\x01").substr(0, 400000);
  std::string totals = many_frames +
                       "tq\x02"
                       "0](";
  for (unsigned total = 1; totals.size() + 20 < kSize; ++total) {
    totals += "(K\0K\1h\2M"s + bytes_of(total % 65535 + 1, 2) + "t";
  }
  for (const std::string& bytes :
       {repeated("", "("),
        repeated("", "]"),
        repeated("", "}"),
        repeated("", ")"),
        repeated("N", "2"),
        repeated("N", "\x94"),
        repeated("]", "\x94"),
        repeated("", "]\x94"),
        repeated("N", "\x85"),
        repeated("", "K\x01\x85"),
        repeated("", "(l"),
        repeated(kTraceback, "\x85\x94"),
        repeated("", "(NNd"),
        repeated("", "U\0"s),
        repeated("", "L1\n"),
        repeated("",
                 "\x8a\x08"
                 "12345678"),
        repeated("", "F1\n"),
        with_attribute("x", doubling),
        with_traces(kTrace, doubling),
        with_attribute("x", repeated(long_name + "](", "h\x01") + "e"),
        with_attribute("tmbpf", repeated(long_name + "}(" + text("a"), "h\x01h\x01") + "u"),
        with_list(totals + "e"),
        repeated("", kFrame + "\x85K\x01K\x02\x87")}) {
    EXPECT_LT(peak_bytes(bytes), std::uint64_t{1} << 30U) << bytes.substr(0, 60);
  }
}

}  // namespace
}  // namespace tmbpf::test
