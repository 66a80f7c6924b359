// SPDX-License-Identifier: Apache-2.0
#include "store/protocol.hpp"

#include "process/frames.hpp"
#include "process/wire.hpp"

namespace dmev {
namespace {

// The kind of a message is its alternative's place.
template <class Message>
WireWriter begin(const Message& message) {
    WireWriter out;
    out.put(static_cast<std::uint8_t>(message.index()));
    return out;
}

std::string frame(WireWriter&& out) {
    const auto body = std::move(out).take();
    return body.size() <= max_frame ? framed(body) : std::string{};
}

void put(WireWriter& out, const std::vector<Remembered>& rows) {
    out.list(rows, [&out](const Remembered& row) {
        out.put(row.kind);
        out.put(row.key);
        out.put(row.value);
    });
}

std::vector<Remembered> rows(WireReader& in) {
    std::vector<Remembered> out;
    in.list(3 * sizeof(std::uint32_t), [&] {
        Remembered row;
        row.kind = in.text();
        row.key = in.text();
        row.value = in.text();
        out.push_back(std::move(row));
    });
    return out;
}

struct OrderWriter {
    WireWriter& out;
    void operator()(const StoreSetup& setup) const {
        out.put(setup.options.file);
        out.put(static_cast<std::int64_t>(setup.options.keep.count()));
        out.put(setup.options.max_size);
        out.put(static_cast<std::uint64_t>(setup.options.queue));
        out.put(static_cast<std::uint64_t>(setup.options.queue_bytes));
        for (const auto wait :
             {setup.options.stalled_after, setup.options.retry, setup.options.mount_patience})
            out.put(static_cast<std::int64_t>(wait.count()));
        out.put(setup.boot_id);
    }
    void operator()(const StoreEvent& event) const { out.put(event.json); }
    void operator()(const StoreDecision& decision) const {
        out.put(static_cast<std::int64_t>(decision.time.time_since_epoch().count()));
        out.put(decision.event_id);
        out.put(decision.json);
    }
    void operator()(const StoreRemember& remember) const { put(out, remember.changes); }
    void operator()(const StoreLost& lost) const { out.put(lost.rows); }
    void operator()(const StoreSettled&) const {}
    void operator()(const StoreLimits& limits) const {
        out.put(static_cast<std::int64_t>(limits.keep.count()));
        out.put(limits.max_size);
    }
};

StoreSetup setup(WireReader& in) {
    StoreSetup out;
    out.options.file = in.text();
    out.options.keep = std::chrono::seconds{in.get<std::int64_t>()};
    out.options.max_size = in.get<std::uint64_t>();
    out.options.queue = in.get<std::uint64_t>();
    out.options.queue_bytes = in.get<std::uint64_t>();
    for (auto* wait : {&out.options.stalled_after, &out.options.retry, &out.options.mount_patience})
        *wait = std::chrono::milliseconds{in.get<std::int64_t>()};
    out.boot_id = in.text();
    return out;
}

StoreDecision decision(WireReader& in) {
    StoreDecision out;
    out.time = Time{Duration{in.get<std::int64_t>()}};
    out.event_id = in.text();
    out.json = in.text();
    return out;
}

StoreOrder order(WireReader& in) {
    switch (in.at_most<std::uint8_t>(std::variant_size_v<StoreOrder> - 1)) {
        case 0: return setup(in);
        case 1: return StoreEvent{in.text()};
        case 2: return decision(in);
        case 3: return StoreRemember{rows(in)};
        case 4: return StoreLost{in.get<std::uint64_t>()};
        case 5: return StoreSettled{};
        default: {
            const std::chrono::seconds keep{in.get<std::int64_t>()};
            return StoreLimits{keep, in.get<std::uint64_t>()};
        }
    }
}

} // namespace

std::string encode(const StoreOrder& order) {
    auto out = begin(order);
    std::visit(OrderWriter{out}, order);
    return frame(std::move(out));
}

std::string encode(const StoreReport& report) {
    auto out = begin(report);
    if (const auto* state = std::get_if<StoreState>(&report))
        out.put(state->why);
    else if (const auto* memory = std::get_if<StoreMemory>(&report))
        put(out, memory->rows);
    return frame(std::move(out));
}

std::optional<StoreOrder> decode_store_order(std::string_view frame) {
    WireReader in{frame};
    auto out = order(in);
    return in.done() ? std::optional{std::move(out)} : std::nullopt;
}

std::optional<StoreReport> decode_store_report(std::string_view frame) {
    WireReader in{frame};
    StoreReport out;
    switch (in.at_most<std::uint8_t>(std::variant_size_v<StoreReport> - 1)) {
        case 0: out = StoreState{in.text()}; break;
        case 1: out = StoreMemory{rows(in)}; break;
        default: out = StoreLeaving{};
    }
    return in.done() ? std::optional{std::move(out)} : std::nullopt;
}

} // namespace dmev
