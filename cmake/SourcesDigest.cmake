# cmake -D FOLDER=src -D INPUT=file.cpp.in -D OUTPUT=file.cpp -P SourcesDigest.cmake
#
# Fills in HEADWAY_SOURCES, a digest of the engine's sources. The output is left alone if nothing changed.
file(GLOB_RECURSE sources RELATIVE ${FOLDER} ${FOLDER}/*.cpp ${FOLDER}/*.h)
list(FILTER sources EXCLUDE REGEX "(_test|_fuzz)\\.cpp$|^(bench|models)/")
list(SORT sources)
foreach(source ${sources})
  file(SHA256 ${FOLDER}/${source} digest)
  string(APPEND digests "${source} ${digest}\n")
endforeach()
string(SHA256 digest "${digests}")
string(SUBSTRING ${digest} 0 16 HEADWAY_SOURCES)
configure_file(${INPUT} ${OUTPUT} @ONLY)
