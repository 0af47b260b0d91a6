# headway_import_torch(TARGET FOLDER): imports the libtorch of an unpacked PyPI wheel, FOLDER/{include,lib}.
function(headway_import_torch target folder)
  add_library(${target} SHARED IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION ${folder}/lib/libtorch_cpu.so
    INTERFACE_LINK_LIBRARIES ${folder}/lib/libc10.so
    INTERFACE_INCLUDE_DIRECTORIES "${folder}/include;${folder}/include/torch/csrc/api/include"
    # The wheel's library finds the rest by its own RPATH; what is only for GPUs may be absent.
    INTERFACE_LINK_OPTIONS "LINKER:--allow-shlib-undefined;LINKER:-rpath,${folder}/lib")
endfunction()

# Defines the target headway::torch from the first of: HEADWAY_TORCH_DIR (an unpacked `torch` package), what
# `make peers` fetched, Debian's libtorch-dev. Sets HeadwayTorch_FOUND.
set(HEADWAY_TORCH_DIR "" CACHE PATH "Folder of an unpacked torch wheel: its include/ and lib/ are used")

include(HeadwayPeers)

set(HeadwayTorch_FOUND TRUE)
if(TARGET headway::torch)
  return()
endif()
if(EXISTS ${HEADWAY_TORCH_DIR}/lib/libtorch_cpu.so)
  headway_import_torch(headway::torch ${HEADWAY_TORCH_DIR})
elseif(EXISTS ${HEADWAY_PEERS_DIR}/torch/torch/lib/libtorch_cpu.so)
  headway_import_torch(headway::torch ${HEADWAY_PEERS_DIR}/torch/torch)
else()
  find_path(HEADWAY_SYSTEM_TORCH_INCLUDE torch/script.h)
  find_library(HEADWAY_SYSTEM_TORCH torch_cpu)
  find_library(HEADWAY_SYSTEM_C10 c10)
  if(HEADWAY_SYSTEM_TORCH_INCLUDE AND HEADWAY_SYSTEM_TORCH AND HEADWAY_SYSTEM_C10)
    add_library(headway::torch SHARED IMPORTED GLOBAL)
    set_target_properties(headway::torch PROPERTIES
      IMPORTED_LOCATION ${HEADWAY_SYSTEM_TORCH}
      INTERFACE_LINK_LIBRARIES ${HEADWAY_SYSTEM_C10}
      INTERFACE_INCLUDE_DIRECTORIES "${HEADWAY_SYSTEM_TORCH_INCLUDE};${HEADWAY_SYSTEM_TORCH_INCLUDE}/torch/csrc/api/include")
  else()
    set(HeadwayTorch_FOUND FALSE)
  endif()
endif()
