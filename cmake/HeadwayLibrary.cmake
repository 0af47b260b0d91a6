# The shared library libheadway: all folders the engine is made of, with only the public API visible.

set(folders base tensor graph ops kernels formats passes models backends runtime)
list(TRANSFORM folders REPLACE "(.+)" "$<TARGET_OBJECTS:headway_\\1>" OUTPUT_VARIABLE objects)

add_library(libheadway SHARED ${objects})
add_library(headway::headway ALIAS libheadway)
target_link_libraries(libheadway PRIVATE Threads::Threads ZLIB::ZLIB ${HEADWAY_RE2})
target_include_directories(libheadway INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
                                                $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(libheadway INTERFACE cxx_std_20)
if(HEADWAY_SANITIZE)
  target_link_options(libheadway PRIVATE -fsanitize=${HEADWAY_SANITIZE})
endif()
set_target_properties(libheadway PROPERTIES OUTPUT_NAME headway EXPORT_NAME headway LINKER_LANGUAGE CXX
                                            VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})

include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/headway)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/headway-config-version.cmake COMPATIBILITY SameMinorVersion)
configure_file(${CMAKE_SOURCE_DIR}/cmake/headway.pc.in ${CMAKE_BINARY_DIR}/headway.pc @ONLY)

install(TARGETS libheadway EXPORT headway DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(EXPORT headway FILE headway-config.cmake NAMESPACE headway:: DESTINATION ${package_folder}
        COMPONENT library)
install(FILES ${CMAKE_BINARY_DIR}/headway-config-version.cmake DESTINATION ${package_folder} COMPONENT library)
install(FILES ${CMAKE_BINARY_DIR}/headway.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/headway DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
