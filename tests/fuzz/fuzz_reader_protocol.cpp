// SPDX-License-Identifier: Apache-2.0
// A frame between dispatcher and reader: refused, or one that says the same when it is encoded again.
#include "input.hpp"
#include "source/reader_protocol.hpp"

using namespace dmev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto frame = view(data, size);
    (void)decode_setup(frame);
    (void)decode_request(frame);
    if (const auto reply = decode_reply(frame))
        promise(static_cast<bool>(decode_reply(encode(*reply).substr(4))));
    return 0;
}
