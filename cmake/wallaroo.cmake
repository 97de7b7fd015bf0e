# Flags and the three functions every CMakeLists.txt of the tree uses.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Position-independent code costs nothing when symbols cannot be replaced from outside.
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
include(CheckPIESupported)
check_pie_supported()
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(wallaroo_flags INTERFACE)
target_compile_options(wallaroo_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  # g++ 12 sees overlaps inside std::string's own operator+ at -O3 (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  -Wold-style-cast -Werror -fno-strict-aliasing -fstack-protector-strong)
if(WALLAROO_SANITIZE)
  target_compile_options(wallaroo_flags INTERFACE
    -fsanitize=${WALLAROO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # g++ 12 sees uninitialised members in its own <regex> and <functional> once instrumented.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(wallaroo_flags INTERFACE -fsanitize=${WALLAROO_SANITIZE})
endif()
if(WALLAROO_MUTANTS)
  target_compile_definitions(wallaroo_flags INTERFACE WALLAROO_MUTANTS=1)
endif()
find_program(MOLD mold)
if(MOLD)
  target_link_options(wallaroo_flags INTERFACE -fuse-ld=mold)
endif()

# wallaroo_module(<name> <dependency modules>...): the static library wallaroo_<name> of every
# *.cc in the current folder (and one level below) that is neither a test nor main.cc, and, when
# tests are on, the program test_<name> of its *_test.cc files.
function(wallaroo_module name)
  file(GLOB sources CONFIGURE_DEPENDS *.cc */*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(dependencies ${ARGN})
  list(TRANSFORM dependencies PREPEND wallaroo_)
  if(sources)
    add_library(wallaroo_${name} STATIC ${sources})
    target_link_libraries(wallaroo_${name} PRIVATE wallaroo_flags PUBLIC wallaroo_headers ${dependencies})
    target_include_directories(wallaroo_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
  else()
    add_library(wallaroo_${name} INTERFACE)
    target_link_libraries(wallaroo_${name} INTERFACE wallaroo_headers ${dependencies})
    target_include_directories(wallaroo_${name} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
  endif()
  if(WALLAROO_TESTS AND tests)
    wallaroo_test(test_${name} ${tests})
    target_link_libraries(test_${name} PRIVATE wallaroo_${name})
  endif()
endfunction()

# wallaroo_test(<program> <sources>...): a GoogleTest program, registered as one ctest test.
function(wallaroo_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE wallaroo_flags wallaroo_headers GTest::gtest GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

# wallaroo_check(<name> <command>...): a program or script that is itself a test.
function(wallaroo_check name)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS check)
endfunction()

# wallaroo_fuzz(<program> <sources>...): a libFuzzer program, in the preset fuzz only.
function(wallaroo_fuzz name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE wallaroo_flags wallaroo_headers)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()

# wallaroo_embed(<header> <array> <folder>): a header with every file below the folder as
#   constexpr struct { const char* path; const char* text; } <array>[]
# paths from the folder, without the suffix .in that hides templates from the tools.
function(wallaroo_embed header array folder)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/${folder}
    ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.in)
  list(SORT files)
  set(text "// Generated from ${folder}.\n#pragma once\n\nconstexpr struct {\n  const char* path;\n  const char* text;\n} ${array}[] = {\n")
  foreach(name ${files})
    set(path ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/${name})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(READ ${path} content)
    string(REGEX REPLACE "\\.in$" "" name ${name})
    string(APPEND text "    {\"${name}\", R\"embedded(${content})embedded\"},\n")
  endforeach()
  set(old "")
  if(EXISTS ${header})
    file(READ ${header} old)
  endif()
  if(NOT old STREQUAL "${text}};\n")
    file(WRITE ${header} "${text}};\n")
  endif()
endfunction()

# wallaroo_program(<name> <sources>...): an executable of this tree on the whole library. mimalloc, when it
# is there, goes into programs only: the allocator of a program that uses the library is its own choice.
option(WALLAROO_MIMALLOC "Link mimalloc, when found, into the programs" ON)
function(wallaroo_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE wallaroo_flags wallaroo_api)
  if(WALLAROO_MIMALLOC AND NOT WALLAROO_SANITIZE)
    find_package(mimalloc QUIET)
    if(TARGET mimalloc)
      # Nothing names its functions, so a linker that drops what is not needed would drop it.
      target_link_libraries(${name} PRIVATE -Wl,--push-state,--no-as-needed mimalloc -Wl,--pop-state)
    endif()
  endif()
endfunction()
