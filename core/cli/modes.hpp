// SPDX-License-Identifier: Apache-2.0
// One function for each thing the program does; each gives the exit status, or the error to end with.
#pragma once
#include "base/result.hpp"
#include "cli/options.hpp"

namespace dmev {

Result<int> monitor_mode(const Options& options);
Result<int> replay_mode(const Options& options);
Result<int> query_mode(const Options& options);
Result<int> list_mode(const Options& options);
Result<int> check_mode(const Options& options);
Result<int> explain_mode(const Options& options);
Result<int> launcher_mode(const Options& options);
Result<int> historian_mode(const Options& options);

} // namespace dmev
