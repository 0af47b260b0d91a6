# One library and one test program per folder: every folder of src/ is declared the same way.

add_library(headway_options INTERFACE)
target_include_directories(headway_options INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_options(headway_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
  # GCC 12 sees overlapping copies in "literal" + std::string&& where there are none (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(HEADWAY_SANITIZE)
  target_compile_options(headway_options INTERFACE -fsanitize=${HEADWAY_SANITIZE} -fno-omit-frame-pointer
                                                   -fno-sanitize-recover=all)
  target_link_options(headway_options INTERFACE -fsanitize=${HEADWAY_SANITIZE})
endif()

# headway_folder(NAME [DEPENDS lower folders and libraries] [TEST_DEPENDS libraries for the tests only])
#
# Builds libheadway_NAME.a from the folder's *.cpp (subfolders included), headway_NAME_test from its
# *_test.cpp, and one fuzzer per *_fuzz.cpp. A folder may include only what DEPENDS lists; the test
# `layering` checks the includes themselves.
function(headway_folder name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;TEST_DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cpp$")

  if(NOT sources)
    add_library(headway_${name} INTERFACE)
    target_link_libraries(headway_${name} INTERFACE headway_options ${ARG_DEPENDS})
    return()
  endif()
  add_library(headway_${name} STATIC ${sources})
  target_link_libraries(headway_${name} PUBLIC headway_options ${ARG_DEPENDS})
  if(HEADWAY_BUILD_FUZZERS)
    target_compile_options(headway_${name} PRIVATE -fsanitize=fuzzer-no-link)
  endif()

  if(HEADWAY_BUILD_TESTS AND tests)
    add_executable(headway_${name}_test ${tests})
    target_link_libraries(headway_${name}_test PRIVATE headway_${name} ${ARG_TEST_DEPENDS} GTest::gtest_main)
    if(HEADWAY_SANITIZE)
      target_compile_options(headway_${name}_test PRIVATE -O0)  # Tests take longer to compile than to run.
    endif()
    gtest_discover_tests(headway_${name}_test TEST_PREFIX ${name}/ DISCOVERY_MODE PRE_TEST
                         PROPERTIES LABELS unit)
  endif()
  if(HEADWAY_BUILD_FUZZERS)
    foreach(source ${fuzzers})
      get_filename_component(fuzzer ${source} NAME_WE)
      add_executable(${fuzzer} ${source})
      target_link_libraries(${fuzzer} PRIVATE headway_${name} -fsanitize=fuzzer)
      headway_fuzzer_test(${name} ${fuzzer})
    endforeach()
  endif()
endfunction()

# A short run of a fuzzer from its seeds in tests/fuzz/<fuzzer>/, the same on every machine.
function(headway_fuzzer_test folder fuzzer)
  set(corpus ${CMAKE_BINARY_DIR}/corpus/${fuzzer})
  file(MAKE_DIRECTORY ${corpus})
  file(GLOB seeds ${CMAKE_SOURCE_DIR}/tests/fuzz/${fuzzer})
  add_test(NAME ${folder}/${fuzzer}
           COMMAND ${fuzzer} -seed=1 -runs=20000 -max_total_time=60 -timeout=20 -rss_limit_mb=2048
                   -artifact_prefix=${CMAKE_BINARY_DIR}/${fuzzer}- ${corpus} ${seeds})
  set_tests_properties(${folder}/${fuzzer} PROPERTIES LABELS fuzz)
endfunction()
