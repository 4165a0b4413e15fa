// SPDX-License-Identifier: Apache-2.0
// PickleDecoder's opcodes for containers, classes and instances.
#include <fmt/format.h>

#include <array>

#include "userspace/files/pickle/pickle_decoder.h"

namespace tmbpf {
namespace {

struct KnownGlobal {
  std::string_view module;
  std::string_view name;
  PickleGlobal global;
};

// Below protocol 2 an instance is made by copyreg's function; protocols up to 2 name the modules
// as Python 2 does.
constexpr std::array kGlobals{
    KnownGlobal{"tracemalloc", "Snapshot", PickleGlobal::snapshot},
    KnownGlobal{"tracemalloc", "_Traces", PickleGlobal::traces},
    KnownGlobal{"copy_reg", "_reconstructor", PickleGlobal::reconstructor},
    KnownGlobal{"copyreg", "_reconstructor", PickleGlobal::reconstructor},
    KnownGlobal{"__builtin__", "object", PickleGlobal::object},
    KnownGlobal{"builtins", "object", PickleGlobal::object},
};
constexpr std::uint64_t kMostNameBytes = 4096;
constexpr unsigned kHighestProtocol = 5;

bool is_global(PickleValue value, PickleGlobal global) {
  return value.is(PickleKind::global) && value.payload() == static_cast<std::uint64_t>(global);
}

bool is_class(PickleValue value) {
  return is_global(value, PickleGlobal::snapshot) || is_global(value, PickleGlobal::traces);
}

}  // namespace

void PickleDecoder::tuple_from(std::size_t first) {
  const PickleValue tuple = heap_.add_tuple(above(first), start_);
  stack_.resize(first);
  push(tuple);
}

void PickleDecoder::last_as_tuple(std::size_t objects) {
  need(objects);
  tuple_from(stack_.size() - objects);
}

void PickleDecoder::list() {
  const std::size_t mark = pop_mark();
  const PickleValue list = heap_.add_list(start_);
  heap_.append(list, above(mark));
  stack_.resize(mark);
  push(list);
}

void PickleDecoder::append() {
  need(2);
  append_from(stack_.size() - 1);
}

void PickleDecoder::appends() { append_from(pop_mark()); }

void PickleDecoder::append_from(std::size_t first) {
  if (first == 0 || (!marks_.empty() && marks_.back() == first)) {
    fail("there is no list on the stack");
  }
  const PickleValue list = stack_[first - 1];
  if (!list.is(PickleKind::list)) {
    fail_expected("a list to append to", list);
  }
  heap_.append(list, above(first));
  stack_.resize(first);
}

void PickleDecoder::dict() {
  const std::size_t mark = pop_mark();
  const PickleValue dict = heap_.add_dict(start_);
  if (above(mark).size() % 2 != 0) {
    fail("a key without a value");
  }
  heap_.set_items(dict, above(mark));
  stack_.resize(mark);
  push(dict);
}

void PickleDecoder::set_item() {
  need(3);
  set_items_from(stack_.size() - 2);
}

void PickleDecoder::set_items() { set_items_from(pop_mark()); }

void PickleDecoder::set_items_from(std::size_t first) {
  if (first == 0 || (!marks_.empty() && marks_.back() == first)) {
    fail("there is no dict on the stack");
  }
  const PickleValue dict = stack_[first - 1];
  if (!dict.is(PickleKind::dict)) {
    fail_expected("a dict to put items into", dict);
  }
  if (above(first).size() % 2 != 0) {
    fail("a key without a value");
  }
  heap_.set_items(dict, above(first));
  stack_.resize(first);
}

void PickleDecoder::protocol() {
  const unsigned version = input_.byte();
  if (version > kHighestProtocol) {
    fail(fmt::format("protocol {}, expected at most {}", version, kHighestProtocol));
  }
}

void PickleDecoder::frame() {
  const std::uint64_t length = input_.number(8);
  if (!input_.may_have(length)) {
    fail(fmt::format("a frame of {} bytes, the file has not so many left", length));
  }
}

void PickleDecoder::global_lines() {
  const std::string module = input_.line(kMostNameBytes);
  global(module, input_.line(kMostNameBytes));
}

void PickleDecoder::stack_global() {
  const PickleValue name = pop();
  const PickleValue module = pop();
  for (const PickleValue part : {module, name}) {
    if (!part.is(PickleKind::text)) {
      fail_expected("the names of a module and a class", part);
    }
  }
  global(heap_.string(module.payload()), heap_.string(name.payload()));
}

void PickleDecoder::global(std::string_view module, std::string_view name) {
  for (const KnownGlobal& known : kGlobals) {
    if (known.module == module && known.name == name) {
      push({PickleKind::global, static_cast<std::uint64_t>(known.global)});
      return;
    }
  }
  fail(fmt::format("names {} of module {}, expected only tracemalloc's Snapshot and _Traces",
                   shown(name), shown(module)));
}

void PickleDecoder::reduce() {
  const PickleValue arguments = pop();
  const PickleValue callable = pop();
  if (!is_global(callable, PickleGlobal::reconstructor)) {
    fail_expected("copyreg._reconstructor to be called", callable);
  }
  if (heap_.size(arguments) == 3 && arguments.is(PickleKind::tuple)) {
    const auto items = heap_.items(arguments);
    if (is_class(items[0]) && is_global(items[1], PickleGlobal::object) &&
        items[2].is(PickleKind::none)) {
      new_instance(items[0]);
      return;
    }
  }
  fail("copyreg._reconstructor with other arguments than (class, object, None)");
}

void PickleDecoder::new_object() {
  const PickleValue arguments = pop();
  const PickleValue of = pop();
  if (!is_class(of)) {
    fail_expected("tracemalloc's Snapshot or _Traces", of);
  }
  if (!arguments.is(PickleKind::tuple) || heap_.size(arguments) != 0) {
    fail_expected("an empty tuple of arguments", arguments);
  }
  new_instance(of);
}

void PickleDecoder::new_instance(PickleValue of) {
  push(heap_.add_instance(static_cast<PickleGlobal>(of.payload()), start_));
}

void PickleDecoder::build() {
  const PickleValue state = pop();
  need(1);
  const PickleValue target = stack_.back();
  if (!target.is(PickleKind::instance)) {
    fail_expected("a Snapshot or _Traces of tracemalloc to get attributes", target);
  }
  if (!state.is(PickleKind::dict)) {
    fail_expected("a dict of attributes", state);
  }
  PickleInstance& instance = heap_.instance(target);
  if (!instance.state.is(PickleKind::absent)) {
    fail("the object has its attributes already");
  }
  instance.state = state;
}

}  // namespace tmbpf
