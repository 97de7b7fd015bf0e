# Compiles cases.cc with one mistake and expects exactly one error: the sentence. Without SENTENCE it
# must compile. Called with CXX, PRELUDE (the folder of the precompiled header), INCLUDE and CASE.
set(mistake)
if(SENTENCE)
  set(mistake -DONE_MISTAKE -DCASE_${CASE})
endif()
set(ENV{LC_ALL} C)
execute_process(
  COMMAND ${CXX} -std=c++20 -O1 -fPIE -fsyntax-only -I${PRELUDE} -I${INCLUDE} ${mistake}
          ${CMAKE_CURRENT_LIST_DIR}/cases.cc
  RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT SENTENCE)
  if(failed)
    message(FATAL_ERROR "the cases must compile when no mistake is made:\n${output}")
  endif()
  return()
endif()
if(NOT failed)
  message(FATAL_ERROR "compiles, but should be refused with: ${SENTENCE}")
endif()
string(REPLACE ";" "," lines "${output}")
string(REGEX MATCHALL "[^\n]*error: [^\n]*" errors "${lines}")
list(LENGTH errors count)
list(GET errors 0 first)
string(FIND "${first}" "${SENTENCE}" at)
if(at EQUAL -1 OR NOT count EQUAL 1)
  message(FATAL_ERROR "expected one error, with: ${SENTENCE}\ngot ${count}:\n${output}")
endif()
