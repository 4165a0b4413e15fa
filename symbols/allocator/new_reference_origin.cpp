// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/new_reference_origin.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "symbols/allocator/new_reference_flow.h"

namespace tmbpf {
namespace {

constexpr std::array<std::string_view, 12> kAllocatorSymbols = {
    "PyObject_Malloc",  "PyObject_Calloc", "PyObject_Realloc", "PyMem_Malloc",
    "PyMem_Calloc",     "PyMem_Realloc",   "PyMem_RawMalloc",  "PyMem_RawCalloc",
    "PyMem_RawRealloc", "malloc",          "calloc",           "realloc"};
// Helpers call helpers: PyObject_New, _PyObject_New, PyObject_Malloc.
constexpr std::size_t kMaxCallDepth = 6;
// Of the stubs of .plt, .plt.got and .plt.sec.
constexpr std::uint64_t kStubAlignment = 8;
// PyMemAllocatorEx: ctx, malloc, calloc, realloc, free.
constexpr std::array<std::uint64_t, 3> kRequestSlots = {8, 16, 24};

class FreshObjects {
 public:
  FreshObjects(const CodeIndex& code, const AllocatorKnowledge& knowledge)
      : code_(code), knowledge_(knowledge) {}

  std::set<std::uint64_t> run(const std::vector<ObjectPlace>& places) {
    std::map<std::uint64_t, SymbolicValue> left;
    for (const ObjectPlace& place : places) {
      left.emplace(place.instruction, place.object);
    }
    while (!left.empty()) {
      const FunctionParts parts = function_parts_at(code_, left.begin()->first);
      std::map<std::uint64_t, SymbolicValue> here;
      for (const auto& [instruction, object] : left) {
        if (instruction == left.begin()->first || parts.contains(instruction)) {
          here.emplace(instruction, object);
        }
      }
      for (const auto& [instruction, object] : here) {
        left.erase(instruction);
      }
      at_function(parts, here);
    }
    return std::move(fresh_);
  }

 private:
  void at_function(const FunctionParts& parts,
                   const std::map<std::uint64_t, SymbolicValue>& objects) {
    std::set<std::uint64_t> wanted;
    for (const auto& [instruction, object] : objects) {
      wanted.insert(instruction);
    }
    const FunctionFlow flow = follow_function(code_, knowledge_, parts, wanted);
    for (const auto& [instruction, state] : flow.at) {
      if (flow.complete && comes_from_allocator(value_of(state, objects.at(instruction)), 0)) {
        fresh_.insert(instruction);
      }
    }
  }

  static OriginValue value_of(const OriginState& state, const SymbolicValue& object) {
    if (object.kind == SymbolicValue::Kind::start_register && object.value == 0) {
      return state.get(object.reg);
    }
    if (object.kind == SymbolicValue::Kind::start_memory && object.reg == kRsp) {
      return state.at_stack(object.value);
    }
    return {};
  }

  bool comes_from_allocator(const OriginValue& value, std::size_t depth) {
    if (value.kind != OriginValue::Kind::fresh) {
      return depth > 0 && value == OriginValue::constant(0);  // PyErr_NoMemory and the like
    }
    return std::all_of(value.callees.begin(), value.callees.begin() + value.callee_count,
                       [&](std::uint64_t callee) { return returns_fresh(callee, depth + 1); });
  }

  bool returns_fresh(std::uint64_t function, std::size_t depth) {
    const auto name = code_.image().plt_target(function);
    function = name ? code_.image().symbol(*name).value_or(0) : function;
    const auto known = returns_.find(function);
    if (known != returns_.end()) {
      return known->second;
    }
    if (knowledge_.allocates(function)) {
      return true;
    }
    const FunctionParts parts = function_parts_at(code_, function);
    const bool entered =
        std::find(parts.entries.begin(), parts.entries.end(), function) != parts.entries.end();
    if (depth > kMaxCallDepth || !entered) {
      return false;
    }
    returns_[function] = false;  // for functions that call themselves
    const FunctionFlow flow = follow_function(code_, knowledge_, parts, {});
    return returns_[function] = flow.complete && comes_from_allocator(flow.returned, depth);
  }

  const CodeIndex& code_;
  const AllocatorKnowledge& knowledge_;
  std::set<std::uint64_t> fresh_;
  std::map<std::uint64_t, bool> returns_;
};

void add_functions(const AllocatorFunctions& functions, std::vector<std::uint64_t>& list) {
  list.insert(list.end(), {functions.malloc, functions.calloc, functions.realloc});
}

}  // namespace

AllocatorKnowledge allocator_knowledge(const ElfImage& image, const AllocatorTables& tables) {
  AllocatorKnowledge knowledge;
  knowledge.functions = plt_stubs_of(image, kAllocatorSymbols);
  for (const std::string_view symbol : kAllocatorSymbols) {
    knowledge.functions.push_back(image.symbol(symbol).value_or(0));
  }
  add_functions(tables.pymalloc, knowledge.functions);
  add_functions(tables.raw, knowledge.functions);
  knowledge.functions.push_back(tables.refill);
  std::erase(knowledge.functions, 0U);
  std::sort(knowledge.functions.begin(), knowledge.functions.end());
  for (const auto* slots : {&tables.pymalloc_slots, &tables.raw_slots}) {
    for (const std::uint64_t slot : *slots) {
      for (const std::uint64_t request : kRequestSlots) {
        knowledge.slots.push_back(slot + request);
      }
    }
  }
  return knowledge;
}

std::set<std::uint64_t> find_fresh_objects(const CodeIndex& code,
                                           const AllocatorKnowledge& knowledge,
                                           const std::vector<ObjectPlace>& places) {
  return FreshObjects(code, knowledge).run(places);
}

std::vector<std::uint64_t> plt_stubs_of(const ElfImage& image,
                                        std::span<const std::string_view> symbols) {
  std::vector<std::uint64_t> found;
  for (const ElfSection& section : image.sections()) {
    if (!section.name.starts_with(".plt")) {
      continue;
    }
    for (std::uint64_t at = section.vaddr; at < section.vaddr + section.size;
         at += kStubAlignment) {
      const auto target = image.plt_target(at);
      if (target && std::find(symbols.begin(), symbols.end(), *target) != symbols.end()) {
        found.push_back(at);
      }
    }
  }
  return found;
}

}  // namespace tmbpf
