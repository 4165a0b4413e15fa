// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/code_index.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace tmbpf {
namespace {

constexpr std::size_t kMaxInstructionSize = 15;

bool contains(const std::vector<std::uint64_t>& values, std::uint64_t value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool contains(const std::vector<AddressRange>& ranges, std::uint64_t value) {
  return std::any_of(ranges.begin(), ranges.end(), [value](const AddressRange& range) {
    return value - range.start < range.size;
  });
}

std::size_t code_end(const ElfImage& image) {
  std::uint64_t end = 0;
  for (const ElfSection& section : image.sections()) {
    const bool inside = section.executable && section.size > 0;
    if (const auto last = inside ? image.file_offset(section.vaddr + section.size - 1)
                                 : std::optional<std::uint64_t>()) {
      end = std::max(end, *last + 1);
    }
  }
  return static_cast<std::size_t>(end);
}

void sort_by_value(std::vector<CodeReference>& references) {
  std::sort(references.begin(), references.end(),
            [](const CodeReference& a, const CodeReference& b) { return a.value < b.value; });
}

// The part of references sorted by value whose values are in [start, end).
std::span<const CodeReference> with_value(const std::vector<CodeReference>& references,
                                          std::uint64_t start, std::uint64_t end) {
  const auto below = [](const CodeReference& reference, std::uint64_t value) {
    return reference.value < value;
  };
  const auto first = std::lower_bound(references.begin(), references.end(), start, below);
  return {first, std::lower_bound(first, references.end(), end, below)};
}

}  // namespace

std::optional<Instruction> instruction_at(const ElfImage& image, std::uint64_t vaddr) {
  return decode_instruction(image.bytes_at(vaddr, kMaxInstructionSize), vaddr);
}

CodeIndex::CodeIndex(const ElfImage& image, const CodeInterest& interest)
    : image_(image), starts_(code_end(image)), jump_targets_(starts_.size()) {
  for (const FunctionRange& function : image.functions()) {
    scan(function, interest);
  }
  sort_by_value(branches_);
  sort_by_value(pointers_);
}

std::optional<Instruction> CodeIndex::at(std::uint64_t vaddr) const {
  return instruction_at(image_, vaddr);
}

void CodeIndex::scan(const FunctionRange& function, const CodeInterest& interest) {
  const auto code =
      image_.bytes_at(function.start, static_cast<std::size_t>(function.end - function.start));
  const std::optional<std::uint64_t> offset = image_.file_offset(function.start);
  for (std::size_t at = 0; offset && at < code.size();) {
    const auto instruction = decode_brief(code.subspan(at), function.start + at);
    if (!instruction) {
      ++at;  // data between functions; the next FDE brings us back into step
      continue;
    }
    if (*offset + at < starts_.size()) {
      starts_[static_cast<std::size_t>(*offset + at)] = true;
      record(*instruction, function.start + at, interest);
      if (instruction->target) {
        record_branch(*instruction, function.start + at, function);
      }
    }
    at += instruction->length;
  }
}

void CodeIndex::record_branch(const BriefInstruction& instruction, std::uint64_t address,
                              const FunctionRange& function) {
  const std::uint64_t target = *instruction.target;
  if (instruction.is_call || target < function.start || target >= function.end) {
    branches_.push_back({address, target});
  }
  const auto offset =
      instruction.is_jump ? image_.file_offset(target) : std::optional<std::uint64_t>();
  if (offset && *offset < jump_targets_.size()) {
    jump_targets_[static_cast<std::size_t>(*offset)] = true;
  }
}

void CodeIndex::record(const BriefInstruction& instruction, std::uint64_t address,
                       const CodeInterest& interest) {
  if (instruction.target) {
    if (contains(interest.functions, *instruction.target)) {
      calls_.push_back({address, *instruction.target});
    }
    return;
  }
  if (instruction.address) {
    if (contains(interest.data, *instruction.address)) {
      data_.push_back({address, *instruction.address});
    }
    if (is_code(*instruction.address)) {
      pointers_.push_back({address, *instruction.address});
    }
  }
  if (instruction.field) {
    const auto field = static_cast<std::uint64_t>(std::int64_t{*instruction.field});
    if (contains(interest.fields, field)) {
      fields_.push_back({address, field});
    }
  }
  if (instruction.immediate) {
    const auto value = static_cast<std::uint64_t>(*instruction.immediate);
    if (contains(interest.functions, value)) {
      (instruction.is_compare ? compares_ : immediates_).push_back({address, value});
    } else if (contains(interest.data, value)) {
      immediates_.push_back({address, value});
    }
    if (is_code(value)) {
      pointers_.push_back({address, value});
    }
  }
}

bool CodeIndex::is_code(std::uint64_t vaddr) const {
  const auto& functions = image_.functions();
  return !functions.empty() && vaddr >= functions.front().start && vaddr < functions.back().end;
}

std::vector<std::uint64_t> CodeIndex::callers_of(std::uint64_t function) const {
  std::vector<std::uint64_t> found;
  for (const CodeReference& branch : with_value(branches_, function, function + 1)) {
    found.push_back(branch.instruction);
  }
  return found;
}

std::vector<CodeReference> CodeIndex::jumps_into(const FunctionRange& function) const {
  const auto found = with_value(branches_, function.start + 1, function.end);
  return {found.begin(), found.end()};
}

bool CodeIndex::is_address_taken(std::uint64_t function) const {
  return !with_value(pointers_, function, function + 1).empty();
}

bool CodeIndex::marked(const std::vector<bool>& marks, std::uint64_t vaddr) const {
  const std::optional<std::uint64_t> offset = image_.file_offset(vaddr);
  return offset && *offset < marks.size() && marks[static_cast<std::size_t>(*offset)];
}

bool CodeIndex::is_instruction(std::uint64_t vaddr) const { return marked(starts_, vaddr); }
bool CodeIndex::is_jump_target(std::uint64_t vaddr) const { return marked(jump_targets_, vaddr); }

}  // namespace tmbpf
