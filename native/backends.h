#pragma once

namespace whisperpool {

// Makes ggml's kernels known, once per process. Throws NATIVE_NOT_BUILT when there are none for this CPU.
void load_backends();

}  // namespace whisperpool
