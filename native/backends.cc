#include "backends.h"

#include <mutex>
#include <string>

#include "ggml-backend.h"
#include "native_error.h"

#ifdef WHISPERPOOL_BACKEND_DL
#include <dlfcn.h>
#endif

namespace whisperpool {

void load_backends() {
#ifdef WHISPERPOOL_BACKEND_DL
  static std::once_flag loaded;  // each worker asks for them
  std::call_once(loaded, [] {
    Dl_info self;
    if (dladdr(reinterpret_cast<void *>(&load_backends), &self) == 0) return;
    const std::string path = self.dli_fname;
    ggml_backend_load_all_from_path(path.substr(0, path.find_last_of('/')).c_str());
  });
#endif
  if (!ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU)) {
    throw NativeError("NATIVE_NOT_BUILT", "No kernels for this CPU lie beside the addon.");
  }
}

}  // namespace whisperpool
