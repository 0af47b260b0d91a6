#include "common/shared_library.h"

#include <dlfcn.h>
#include <link.h>

#include "base/error.h"

namespace headway::workers {

SharedLibrary SharedLibrary::open(const std::string& file) {
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) fail(ErrorCode::kNotFound, "cannot load '", file, "': ", dlerror());
  const link_map* map = nullptr;
  const bool located = dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map->l_name[0] != '\0';
  return {handle, located ? map->l_name : file};
}

void* SharedLibrary::symbol(const char* name) const {
  void* address = dlsym(handle_, name);
  if (address == nullptr) {
    fail(ErrorCode::kUnsupported, "the library '", path_, "' has no function ", name,
         "; it is another library, or too old");
  }
  return address;
}

}  // namespace headway::workers
