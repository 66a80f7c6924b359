// SPDX-License-Identifier: Apache-2.0
// In place of cli/kernel.cpp: the whole program, but its kernel is standard input.
#include <unistd.h>

#include "cli/kernel.hpp"
#include "fakes/piped_source.hpp"

namespace dmev {

Result<std::unique_ptr<Source>> open_kernel(const Catalogue&, std::function<Time()> clock, bool, Launcher&) {
    return std::unique_ptr<Source>{std::make_unique<PipedSource>(STDIN_FILENO, std::move(clock))};
}

} // namespace dmev
