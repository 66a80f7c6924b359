// SPDX-License-Identifier: Apache-2.0
#include "cli/modes.hpp"
#include "cli/setup.hpp"

namespace dmev {

Result<int> list_mode(const Options& options) {
    const Vocabulary vocabulary{options};
    Stdout out;
    make_output(options, [&](std::string&& lines) {
        out.write(std::move(lines));
    })->catalogue(vocabulary.catalogue);
    if (auto r = out.result(); !r) return r.error();
    return 0;
}

} // namespace dmev
