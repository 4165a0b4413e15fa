// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <regex>
#include <string>
#include <vector>

#include "userspace/cli/manual/bash_completion.h"
#include "userspace/cli/manual/footer_text.h"
#include "userspace/cli/manual/manual_page.h"
#include "userspace/cli/manual/option_facts.h"
#include "userspace/cli/manual/troff_text.h"
#include "userspace/cli/manual/zsh_completion.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

TEST(TroffText, what_troff_would_take_as_its_own_is_escaped) {
  EXPECT_EQ(troff_prose(".pickle or .pb.gz"), "\\&.pickle or .pb.gz");
  EXPECT_EQ(troff_prose("'quoted' `code` a\\b"), "\\&\\(aqquoted\\(aq \\(gacode\\(ga a\\eb");
  EXPECT_EQ(troff_prose("one\ntwo"), "one two");
  EXPECT_EQ(troff_literal("~/^x"), "\\(ti/\\(hax");
}

TEST(TroffText, prose_keeps_its_hyphens_and_what_is_typed_its_dashes) {
  EXPECT_EQ(troff_prose("a self-made --option (-o)"), "a self-made \\-\\-option (\\-o)");
  EXPECT_EQ(troff_bold("--group-by"), "\\fB\\-\\-group\\-by\\fR");
}

TEST(TroffText, breaks_long_lines_at_spaces_and_never_into_a_request) {
  const std::string word(40, 'x');
  EXPECT_EQ(troff_wrapped("one two"), "one two");
  EXPECT_EQ(troff_wrapped(word + " " + word + " .json"), word + "\n" + word + " .json");
  EXPECT_EQ(troff_wrapped(word + word + " .json"), word + word + "\n\\&.json");
}

TEST(FooterText, examples_files_and_statuses_are_taken_apart) {
  const FooterText footer = parse_footer(
      "Examples:\n  a --b 1    what it does\n  c d\n\nFiles:\n  /x/y  z\n\n"
      "Exit status: 0 done; 1 failed, or\nworse; 130 interrupted.");
  ASSERT_EQ(footer.examples.size(), 2U);
  EXPECT_EQ(footer.examples[0].term, "a --b 1");
  EXPECT_EQ(footer.examples[0].meaning, "what it does");
  EXPECT_EQ(footer.examples[1].term, "c d");
  EXPECT_EQ(footer.examples[1].meaning, "");
  ASSERT_EQ(footer.files.size(), 1U);
  EXPECT_EQ(footer.files[0].meaning, "z");
  ASSERT_EQ(footer.exit_statuses.size(), 3U);
  EXPECT_EQ(footer.exit_statuses[1].term, "1");
  EXPECT_EQ(footer.exit_statuses[1].meaning, "failed, or worse");
  EXPECT_EQ(footer.exit_statuses[2].meaning, "interrupted");
}

TEST(FooterText, a_paragraph_that_no_section_is_for_is_refused) {
  EXPECT_THROW(parse_footer("Remarks: none"), Error);
  EXPECT_TRUE(parse_footer("").examples.empty());
}

// A command line with all that the generators tell apart.
class ManualTest : public ::testing::Test {
 protected:
  ManualTest() : app_("tool: does things", "tool") {
    CLI::App* make = app_.add_subcommand("make", "Make what's [asked]: now");
    make->add_option("--kind", kind_, "The kind")
        ->check(CLI::IsMember({"round", "flat"}))
        ->group("Shape");
    make->add_option("--size", size_, "The size")->check(CLI::Range(1, 9))->capture_default_str();
    make->add_flag("--hidden", flag_)->group("");
    make->add_option("FILE", files_, "Where to")->required()->expected(1, 2);
  }

  [[nodiscard]] const CLI::App& make() const { return *app_.get_subcommand("make"); }

  CLI::App app_;
  std::string kind_;
  int size_ = 3;
  bool flag_ = false;
  std::vector<std::string> files_;
};

TEST_F(ManualTest, every_fact_of_an_option_comes_from_its_definition) {
  const std::vector<OptionFacts> options = options_of(make());
  ASSERT_EQ(options.size(), 3U);  // with --help, without --hidden
  EXPECT_EQ(options[1].choices, (std::vector<std::string>{"round", "flat"}));
  EXPECT_EQ(options[1].value, "WORD");
  EXPECT_EQ(options[2].range, "1 to 9");
  EXPECT_EQ(options[2].default_value, "3");
  EXPECT_EQ(options[2].value, "N");
  const std::vector<OptionFacts> operands = operands_of(make());
  ASSERT_EQ(operands.size(), 1U);
  EXPECT_EQ(operands[0].least, 1);
  EXPECT_EQ(operands[0].most, 2);
}

TEST_F(ManualTest, a_page_has_choices_ranges_defaults_and_groups) {
  const std::string page = manual_page(app_, make(), "2001-02-03");
  EXPECT_NE(page.find(".TH TOOL-MAKE 1 2001-02-03"), std::string::npos);
  EXPECT_NE(page.find("tool\\-make \\- make what\\(aqs [asked]: now\n"), std::string::npos);
  EXPECT_NE(page.find("Possible: \\fBround\\fR, \\fBflat\\fR.\n"), std::string::npos);
  EXPECT_NE(page.find("From 1 to 9.\nDefault: \\fB3\\fR.\n"), std::string::npos);
  EXPECT_NE(page.find(".SS Shape\n"), std::string::npos);
  EXPECT_NE(page.find("\\fIFILE\\fR [\\fIFILE\\fR]\n"), std::string::npos);
  EXPECT_EQ(page.find("hidden"), std::string::npos);
}

TEST_F(ManualTest, descriptions_are_quoted_for_zsh) {
  const std::string script = zsh_completion(app_);
  EXPECT_NE(script.find(R"('make:Make what'\''s \[asked\]\: now')"), std::string::npos);
  EXPECT_NE(script.find("'(--kind)--kind=[The kind]:WORD:(round flat)'"), std::string::npos);
  EXPECT_EQ(script.find("hidden"), std::string::npos);
}

TEST_F(ManualTest, no_placeholder_stays_in_the_bash_script) {
  const std::string script = bash_completion(app_);
  EXPECT_FALSE(std::regex_search(script, std::regex("@[A-Z_]+@")));
  EXPECT_NE(script.find("'make,--kind') _tool_words 'round flat'; return ;;"), std::string::npos);
  EXPECT_EQ(script.find("hidden"), std::string::npos);
}

}  // namespace
}  // namespace tmbpf::test
