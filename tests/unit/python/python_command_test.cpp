// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/python_command.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tmbpf {
namespace {

using Words = std::vector<std::string>;

std::string program(const Words& words) { return python_command(words).program; }
std::string text(const Words& words) { return python_command(words).text; }

TEST(PythonCommand, a_script_is_what_follows_the_interpreter_and_its_options) {
  EXPECT_EQ(program({"python3", "/srv/app.py", "-v", "x y"}), "/srv/app.py");
  EXPECT_EQ(text({"python3", "/srv/app.py", "-v", "x y"}), "/srv/app.py -v x y");
  EXPECT_EQ(program({"/usr/bin/python3.11", "-u", "-Es", "app.py"}), "app.py");
  EXPECT_EQ(program({"python3.13t", "-X", "dev", "-Werror", "-W", "ignore", "app.py"}), "app.py");
  EXPECT_EQ(program({"python3", "-uXdev", "-uX", "utf8", "app.py"}), "app.py");
  EXPECT_EQ(program({"python3", "--check-hash-based-pycs", "never", "app.py"}), "app.py");
  EXPECT_EQ(program({"python3", "--", "-c"}), "-c");
  EXPECT_EQ(text({"python3", "--", "-odd.py", "1"}), "-odd.py 1");
}

TEST(PythonCommand, a_module_is_named_as_after_m) {
  for (const Words& words : {Words{"python3", "-m", "http.server", "80"},
                             Words{"python3", "-u", "-Im", "http.server", "80"}}) {
    EXPECT_EQ(program(words), "http.server");
  }
  EXPECT_EQ(program({"python3", "-mhttp.server"}), "http.server");
  EXPECT_EQ(text({"python3", "-u", "-m", "http.server", "80"}), "-m http.server 80");
}

TEST(PythonCommand, code_and_standard_input_have_the_names_of_their_words) {
  EXPECT_EQ(program({"python3", "-c", "import time"}), "-c");
  EXPECT_EQ(program({"python3", "-uc", "import time"}), "-c");
  EXPECT_EQ(text({"python3", "-S", "-c", "import time", "1"}), "-c import time 1");
  EXPECT_EQ(program({"python3", "-", "1"}), "-");
}

TEST(PythonCommand, without_a_program_the_interpreter_is_it) {
  EXPECT_EQ(program({"/usr/bin/python3", "-i", "-X"}), "python3");
  EXPECT_EQ(text({"/usr/bin/python3", "-q"}), "/usr/bin/python3 -q");
  EXPECT_EQ(program({}), "");
}

TEST(PythonCommand, what_is_no_interpreters_name_is_the_program_itself) {
  EXPECT_EQ(program({"/usr/sbin/uwsgi", "--ini", "a.ini"}), "/usr/sbin/uwsgi");
  EXPECT_EQ(program({"gunicorn: master [shop.wsgi]"}), "gunicorn: master [shop.wsgi]");
  EXPECT_EQ(program({"/usr/bin/python3-config", "x"}), "/usr/bin/python3-config");
}

TEST(PythonCommand, a_script_is_known_by_its_path_its_file_name_and_that_without_py) {
  EXPECT_EQ(command_names({"/srv/shop/manage.py", ""}),
            (Words{"/srv/shop/manage.py", "manage.py", "manage"}));
  EXPECT_EQ(command_names({"manage.py", ""}), (Words{"manage.py", "manage"}));
  EXPECT_EQ(command_names({"http.server", ""}), (Words{"http.server"}));
  EXPECT_EQ(command_names({"/srv/shop/", ""}), (Words{"/srv/shop/", "shop"}));
  EXPECT_EQ(command_names({".py", ""}), (Words{".py"}));
}

}  // namespace
}  // namespace tmbpf
