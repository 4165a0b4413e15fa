// SPDX-License-Identifier: Apache-2.0
// What a command prints about each process.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>

namespace tmbpf {

enum class AnswerForm {
  text,
  json,       // each answer as it comes
  json_list,  // all in one list, at the end
};

class Answers {
 public:
  explicit Answers(AnswerForm form) : form_(form) {}

  // `print_text` says the same to people. Throws as print_piece() does.
  void add(const nlohmann::json& value, const std::function<void()>& print_text);
  // To be called once, after the last.
  void finish();

 private:
  AnswerForm form_;
  nlohmann::json list_ = nlohmann::json::array();
};

}  // namespace tmbpf
