// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/answers.h"

#include "userspace/cli/standard_output.h"

namespace tmbpf {
namespace {

void print_json(const nlohmann::json& value) {
  print_piece(value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
}

}  // namespace

void Answers::add(const nlohmann::json& value, const std::function<void()>& print_text) {
  switch (form_) {
    case AnswerForm::text:
      print_text();
      break;
    case AnswerForm::json:
      print_json(value);
      break;
    case AnswerForm::json_list:
      list_.push_back(value);
      break;
  }
}

void Answers::finish() {
  if (form_ == AnswerForm::json_list) {
    print_json(list_);
  }
}

}  // namespace tmbpf
