// SPDX-License-Identifier: Apache-2.0
// What the dispatcher and the history's process say: refused, or the same when written again; and frames that
// come in pieces are those that come at once.
#include <algorithm>
#include <vector>

#include "input.hpp"
#include "process/frames.hpp"
#include "store/protocol.hpp"

using namespace dmev;

namespace {

struct Cut {
    std::vector<std::string> frames;
    bool broken = false;
    bool operator==(const Cut&) const = default;
};

Cut cut(std::string_view bytes, std::size_t piece) {
    FrameBuffer stream;
    Cut cut;
    while (!bytes.empty()) {
        const auto part = bytes.substr(0, std::min(piece, bytes.size()));
        bytes.remove_prefix(part.size());
        stream.add(part);
        while (auto frame = stream.next()) cut.frames.push_back(*std::move(frame));
    }
    cut.broken = stream.broken();
    return cut;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = view(data, size);
    if (const auto order = decode_store_order(bytes)) promise(encode(*order) == framed(bytes));
    if (const auto report = decode_store_report(bytes)) promise(encode(*report) == framed(bytes));
    const auto whole = cut(bytes, size);
    promise(cut(bytes, 1) == whole && cut(bytes, 7) == whole);
    for (const auto& frame : whole.frames) promise(bytes.find(framed(frame)) != bytes.npos);
    return 0;
}
