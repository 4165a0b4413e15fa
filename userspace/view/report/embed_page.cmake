# SPDX-License-Identifier: Apache-2.0
# cmake -DPAGE=FOLDER -DOUTPUT=FILE.cpp -P embed_page.cmake
# Puts style and scripts into page.html, allows exactly these by their hash (Content-Security-Policy),
# cuts the page at its title and its data, and writes the three parts as report_page().
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/page/scripts.cmake)

# The base64 of a text's SHA-256, which CMake only gives in hexadecimal.
function(base64_sha256 text result)
  set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  string(SHA256 hex "${text}")
  set(base64 "")
  foreach(i RANGE 0 60 6)
    string(SUBSTRING "${hex}00" ${i} 6 group)
    foreach(shift 18 12 6 0)
      math(EXPR index "(0x${group} >> ${shift}) & 63")
      string(SUBSTRING "${alphabet}" ${index} 1 digit)
      string(APPEND base64 ${digit})
    endforeach()
  endforeach()
  # 32 bytes are 43 digits; the padding's own digit becomes its sign.
  string(SUBSTRING "${base64}" 0 43 base64)
  set(${result} "${base64}=" PARENT_SCOPE)
endfunction()

# Splits at the first `mark`.
function(cut text mark before after)
  string(FIND "${text}" "${mark}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "${PAGE}/page.html lacks ${mark}")
  endif()
  string(LENGTH "${mark}" length)
  math(EXPR end "${place} + ${length}")
  string(SUBSTRING "${text}" 0 ${place} head)
  string(SUBSTRING "${text}" ${end} -1 tail)
  set(${before} "${head}" PARENT_SCOPE)
  set(${after} "${tail}" PARENT_SCOPE)
endfunction()

# An array and not a literal: compilers need not take literals above 64 KiB.
function(append_array name text)
  string(HEX "${text}" hex)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
  set(source "${source}constexpr char ${name}[] = {\n${bytes}};\n" PARENT_SCOPE)
endfunction()

file(READ ${PAGE}/page.html page)
file(READ ${PAGE}/page.css style)
set(script "")
foreach(name ${PAGE_SCRIPTS})
  file(READ ${PAGE}/${name}.js part)
  string(APPEND script "${part}")
endforeach()
if("${page}${style}${script}" MATCHES "[^\t\n -~]")
  message(FATAL_ERROR "the files in ${PAGE} must be ASCII: write other characters as escapes")
endif()

base64_sha256("${style}" style_hash)
base64_sha256("${script}" script_hash)
cut("${page}" "@STYLE_HASH@" head rest)
set(page "${head}sha256-${style_hash}${rest}")
cut("${page}" "@SCRIPT_HASH@" head rest)
set(page "${head}sha256-${script_hash}${rest}")
cut("${page}" "@STYLE@" head rest)
set(page "${head}${style}${rest}")
cut("${page}" "@TITLE@" before_title rest)
cut("${rest}" "@DATA@" before_data rest)
cut("${rest}" "@SCRIPT@" head tail)

set(source "// Made by embed_page.cmake.\n#include \"userspace/view/report/report_page.h\"\n\nnamespace tmbpf {\nnamespace {\n\n")
append_array(kBeforeTitle "${before_title}")
append_array(kBeforeData "${before_data}")
append_array(kAfterData "${head}${script}${tail}")
string(APPEND source "\n}  // namespace\n\nReportPage report_page() {\n"
       "  return {.before_title = {kBeforeTitle, sizeof kBeforeTitle},\n"
       "          .before_data = {kBeforeData, sizeof kBeforeData},\n"
       "          .after_data = {kAfterData, sizeof kAfterData}};\n}\n\n}  // namespace tmbpf\n")
file(WRITE ${OUTPUT} "${source}")
