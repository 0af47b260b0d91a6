# cmake -D OUTPUT=file.cpp "-D FILES=a.cl;b.cl" -P EmbedKernels.cmake
#
# Writes a C++ file that defines headway::opencl::source_of (backends/opencl/sources.h).
set(entries "")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(APPEND entries "  if (file == \"${name}\") return R\"cl(${text})cl\";\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"backends/opencl/sources.h\"

#include \"base/error.h\"

namespace headway::opencl {

std::string_view source_of(std::string_view file) {
${entries}  fail(ErrorCode::kInternal, \"there is no kernel file '\", file, \"'\");
}

}  // namespace headway::opencl
")
