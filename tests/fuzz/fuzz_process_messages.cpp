// SPDX-License-Identifier: Apache-2.0
// What a dispatcher and a shepherd say, and what a job file holds: refused, or the same when written again.
#include "input.hpp"
#include "process/job_files.hpp"

using namespace dmev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = view(data, size);
    if (const auto order = decode_order(bytes)) promise(encode(*order) == bytes);
    if (const auto report = decode_report(bytes)) {
        const auto again = encode(*report); // may be cut, once
        const auto back = decode_report(again);
        promise(back && encode(*back) == again);
    }
    (void)parse_stat(bytes);
    if (const auto record = read_job(std::string{bytes})) {
        Order order{"id", "", record->dispatcher, {}};
        order.program.note = record->note;
        const auto back = read_job(write_job(order, {record->shepherd, 1}));
        promise(back && back->note == record->note && back->dispatcher == record->dispatcher);
    }
    return 0;
}
