#pragma once
#include <string>

namespace whisperpool {

// Routes the log of whisper.cpp and ggml away from stderr; keeps the last error line of each thread.
void install_log();

// The last error line logged on this thread, without its newline, and forgets it. Empty when there was none.
std::string take_last_log_error();

}  // namespace whisperpool
