// SPDX-License-Identifier: Apache-2.0
// One linear pass over all functions of an image, keeping only what the planner looks up.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "symbols/allocator/instruction.h"
#include "symbols/elf/elf_image.h"

namespace tmbpf {

struct AddressRange {
  std::uint64_t start = 0;
  std::uint64_t size = 0;
};

// What the pass looks for.
struct CodeInterest {
  std::vector<AddressRange> data;        // memory operands into these
  std::vector<std::uint64_t> functions;  // compares with, direct calls of and jumps to these
  std::vector<AddressRange> fields;      // memory operands of a base register + one of these
};

// The instruction at `instruction` refers to `value`.
struct CodeReference {
  std::uint64_t instruction = 0;
  std::uint64_t value = 0;
};

class CodeIndex {
 public:
  // Keeps a reference to the image.
  CodeIndex(const ElfImage& image, const CodeInterest& interest);

  [[nodiscard]] const ElfImage& image() const { return image_; }
  // Full decoding of the instruction at an address of the image.
  [[nodiscard]] std::optional<Instruction> at(std::uint64_t vaddr) const;
  // True when the linear pass met an instruction that starts here.
  [[nodiscard]] bool is_instruction(std::uint64_t vaddr) const;
  // True when some direct jump leads here.
  [[nodiscard]] bool is_jump_target(std::uint64_t vaddr) const;
  // Direct calls of `function`, and jumps to it from other functions.
  [[nodiscard]] std::vector<std::uint64_t> callers_of(std::uint64_t function) const;
  // Jumps from other functions into this one, its first instruction excepted.
  [[nodiscard]] std::vector<CodeReference> jumps_into(const FunctionRange& function) const;
  // True when some instruction takes the address of this code: it may be called through a pointer.
  [[nodiscard]] bool is_address_taken(std::uint64_t function) const;
  // In the order of their instructions:
  [[nodiscard]] const std::vector<CodeReference>& data_references() const { return data_; }
  [[nodiscard]] const std::vector<CodeReference>& compares() const { return compares_; }
  [[nodiscard]] const std::vector<CodeReference>& calls() const { return calls_; }
  [[nodiscard]] const std::vector<CodeReference>& field_references() const { return fields_; }
  // Immediates that are an address of the data or, comparisons excepted, of one of the functions.
  [[nodiscard]] const std::vector<CodeReference>& immediates() const { return immediates_; }

 private:
  void scan(const FunctionRange& function, const CodeInterest& interest);
  void record(const BriefInstruction& instruction, std::uint64_t address,
              const CodeInterest& interest);
  void record_branch(const BriefInstruction& instruction, std::uint64_t address,
                     const FunctionRange& function);
  [[nodiscard]] bool is_code(std::uint64_t vaddr) const;
  [[nodiscard]] bool marked(const std::vector<bool>& marks, std::uint64_t vaddr) const;

  const ElfImage& image_;
  // By file offset, which the file's size bounds.
  std::vector<bool> starts_;
  std::vector<bool> jump_targets_;
  std::vector<CodeReference> data_;
  std::vector<CodeReference> compares_;
  std::vector<CodeReference> calls_;
  std::vector<CodeReference> fields_;
  std::vector<CodeReference> immediates_;
  // By value:
  std::vector<CodeReference> branches_;  // calls, and jumps out of their function
  std::vector<CodeReference> pointers_;  // addresses of code
};

// Decodes the instruction at `vaddr`, without an index.
std::optional<Instruction> instruction_at(const ElfImage& image, std::uint64_t vaddr);

}  // namespace tmbpf
