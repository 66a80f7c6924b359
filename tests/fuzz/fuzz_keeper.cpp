// SPDX-License-Identifier: Apache-2.0
// What a dispatcher and the process that keeps programs ready say: refused, or the same when written again.
#include "input.hpp"
#include "process/keeper.hpp"

using namespace dmev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = view(data, size);
    if (const auto order = decode_keep_order(bytes)) promise(encode(*order) == bytes);
    if (const auto kept = decode_kept(bytes)) {
        const auto again = encode(*kept); // may be cut, once
        const auto back = decode_kept(again);
        promise(back && encode(*back) == again && again.size() <= bytes.size());
        promise(back->files == kept->files && back->bytes == kept->bytes);
    }
    return 0;
}
