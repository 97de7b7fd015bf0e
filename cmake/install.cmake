# What `cmake --install` puts down: the public headers, one static library that holds every module, one
# for tests of programs, the CMake package `wallaroo`, the pkg-config files, and the wallaroo program.
include(CMakePackageConfigHelpers)

# For each library that modules may link: how a user of the installed package finds it again, as a
# find_dependency line (or -) and as pkg-config's Requires or flags (or -).
set(wallaroo_externals
  "tl::expected|find_dependency(tl-expected)|-"
  "fmt::fmt|find_dependency(fmt)|fmt"
  "spdlog::spdlog|find_dependency(spdlog)|spdlog"
  "Threads::Threads|find_dependency(Threads)|-pthread"
  "Boost::headers|find_dependency(Boost 1.81)|-"
  "Boost::boost|find_dependency(Boost 1.81)|-"
  "Boost::json|find_dependency(Boost 1.81 COMPONENTS json)|-lboost_json"
  "OpenSSL::SSL|find_dependency(OpenSSL 3)|openssl"
  "simdjson::simdjson|find_dependency(simdjson)|simdjson"
  "CLI11::CLI11|find_dependency(CLI11)|-"
  "xxHash|-|-lxxhash")

# Every module and every outside library that `target` needs, whether publicly or not.
function(wallaroo_collect target)
  get_property(modules GLOBAL PROPERTY wallaroo_modules)
  get_property(externals GLOBAL PROPERTY wallaroo_used)
  get_target_property(all ${target} INTERFACE_LINK_LIBRARIES)
  foreach(library ${all})
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" library "${library}")
    if(library STREQUAL "wallaroo_flags" OR NOT library OR library IN_LIST modules)
      continue()
    elseif(library MATCHES "^wallaroo_")
      get_property(modules GLOBAL PROPERTY wallaroo_modules)
      if(NOT library IN_LIST modules)
        set_property(GLOBAL APPEND PROPERTY wallaroo_modules ${library})
        wallaroo_collect(${library})
      endif()
    else()
      set_property(GLOBAL APPEND PROPERTY wallaroo_used ${library})
    endif()
  endforeach()
endfunction()

set_property(GLOBAL APPEND PROPERTY wallaroo_modules wallaroo_api)
wallaroo_collect(wallaroo_api)
get_property(modules GLOBAL PROPERTY wallaroo_modules)
get_property(used GLOBAL PROPERTY wallaroo_used)
list(REMOVE_DUPLICATES used)

add_library(wallaroo_bundle STATIC)
set_target_properties(wallaroo_bundle PROPERTIES
  OUTPUT_NAME wallaroo EXPORT_NAME wallaroo LINKER_LANGUAGE CXX)
foreach(module ${modules})
  get_target_property(type ${module} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    target_sources(wallaroo_bundle PRIVATE $<TARGET_OBJECTS:${module}>)
  endif()
endforeach()
target_include_directories(wallaroo_bundle INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(wallaroo_bundle INTERFACE cxx_std_20)
foreach(library ${used})
  # Known by the name that the installed package finds; inside this build nothing links the bundle.
  target_link_libraries(wallaroo_bundle INTERFACE $<INSTALL_INTERFACE:${library}>)
endforeach()

# The testkit beside it, for tests only.
add_library(wallaroo_testkit_bundle STATIC $<TARGET_OBJECTS:wallaroo_testkit>)
set_target_properties(wallaroo_testkit_bundle PROPERTIES
  OUTPUT_NAME wallaroo_testkit EXPORT_NAME testkit LINKER_LANGUAGE CXX)
target_link_libraries(wallaroo_testkit_bundle INTERFACE wallaroo_bundle)

set(find_dependencies "")
set(pc_requires "")
set(pc_libs "")
foreach(library ${used})
  set(known FALSE)
  foreach(external ${wallaroo_externals})
    string(REPLACE "|" ";" external "${external}")
    list(GET external 0 name)
    if(NOT name STREQUAL library)
      continue()
    endif()
    set(known TRUE)
    list(GET external 1 find)
    list(GET external 2 pc)
    if(NOT find STREQUAL "-")
      string(APPEND find_dependencies "${find}\n")
    endif()
    if(pc MATCHES "^-.")
      string(APPEND pc_libs " ${pc}")
    elseif(NOT pc STREQUAL "-")
      string(APPEND pc_requires " ${pc}")
    endif()
  endforeach()
  if(NOT known)
    message(FATAL_ERROR "The library links ${library}, but cmake/install.cmake does not say how a user "
      "of the installed package finds it; add a row to wallaroo_externals.")
  endif()
endforeach()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/wallaroo)
configure_package_config_file(cmake/wallaroo-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/wallaroo-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/wallaroo-config-version.cmake
  COMPATIBILITY SameMinorVersion)
# From the file's own place, so that the prefix may be chosen at installation.
file(RELATIVE_PATH pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" pc_prefix ${pc_prefix})
configure_file(cmake/wallaroo.pc.in wallaroo.pc @ONLY)
configure_file(cmake/wallaroo-testkit.pc.in wallaroo-testkit.pc @ONLY)

install(TARGETS wallaroo_bundle wallaroo_testkit_bundle EXPORT wallaroo ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT wallaroo NAMESPACE wallaroo:: FILE wallaroo-targets.cmake DESTINATION ${package_dir})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/wallaroo-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/wallaroo-config-version.cmake DESTINATION ${package_dir})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/wallaroo.pc ${CMAKE_CURRENT_BINARY_DIR}/wallaroo-testkit.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY include/wallaroo DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

# The library and the modules of bindings. A pkg-config file must name absolute folders only by its own place.
set(pc_c_prefix "\${pcfiledir}/${pc_prefix}")
set(pc_c_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
set(pc_c_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
configure_file(bindings/c/wallaroo-c.pc.in wallaroo-c.pc @ONLY)
install(TARGETS wallaroo_c LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/wallaroo-c.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
foreach(module go go2018)
  if(EXISTS ${PROJECT_SOURCE_DIR}/bindings/${module}/go.mod)
    install(DIRECTORY bindings/${module} DESTINATION ${CMAKE_INSTALL_DATADIR}/wallaroo
      FILES_MATCHING PATTERN "*.go" PATTERN "go.mod" PATTERN "*.c" PATTERN "*.h" PATTERN "*_test.go" EXCLUDE
      PATTERN "testdata" EXCLUDE)
  endif()
endforeach()
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(TARGET wallaroo)
  install(TARGETS wallaroo RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
