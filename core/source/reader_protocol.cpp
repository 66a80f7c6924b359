// SPDX-License-Identifier: Apache-2.0
#include "source/reader_protocol.hpp"

#include "process/wire.hpp"

namespace dmev {
namespace {

enum class MessageKind : std::uint8_t { setup = 1, request = 2, reply = 3 };

// A frame: its length, its kind, and what was put.
class Writer : public WireWriter {
 public:
    explicit Writer(MessageKind kind) { put(kind); }

    using WireWriter::put;
    void put(const DevNum& number) {
        put(number.major);
        put(number.minor);
    }
    template <class T>
    void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) put(*value);
    }
    std::string frame() && { return framed(std::move(*this).take()); }
};

class Reader : public WireReader {
 public:
    Reader(std::string_view frame, MessageKind expected) : WireReader(frame) {
        if (get<std::uint8_t>() != static_cast<std::uint8_t>(expected)) fail();
    }

    DevNum number() {
        const auto major = get<std::uint32_t>();
        return {major, get<std::uint32_t>()};
    }
    template <class F>
    auto optional(F read) -> std::optional<decltype(read())> {
        if (!flag()) return std::nullopt;
        return read();
    }
};

} // namespace

std::string encode(const ReaderSetup& setup) {
    Writer out{MessageKind::setup};
    out.put(setup.all_statuses);
    out.put(setup.hide_diskseq);
    out.put(static_cast<std::uint32_t>(setup.claims.size()));
    for (const auto& claim : setup.claims) {
        out.put(claim.target);
        out.put(claim.table);
        out.put(claim.served_by);
    }
    return std::move(out).frame();
}

std::optional<ReaderSetup> decode_setup(std::string_view frame) {
    Reader in{frame, MessageKind::setup};
    ReaderSetup setup;
    setup.all_statuses = in.flag();
    setup.hide_diskseq = in.flag();
    for (auto n = in.count(6); n > 0; --n) {
        auto& claim = setup.claims.emplace_back();
        claim.target = in.text();
        claim.table = in.flag();
        claim.served_by = in.flag();
    }
    if (!in.done()) return std::nullopt;
    return setup;
}

std::string encode(const ReadRequest& request) {
    Writer out{MessageKind::request};
    out.put(request.id);
    out.put(request.device);
    out.put(request.group_unknown);
    out.put(request.leader);
    out.put(request.known_table);
    return std::move(out).frame();
}

std::optional<ReadRequest> decode_request(std::string_view frame) {
    Reader in{frame, MessageKind::request};
    ReadRequest request;
    request.id = in.get<std::uint32_t>();
    request.device = in.number();
    request.group_unknown = in.flag();
    request.leader = in.optional([&] { return in.number(); });
    request.known_table = in.optional([&] { return in.get<std::uint64_t>(); });
    if (!in.done()) return std::nullopt;
    return request;
}

std::string encode(const ReadReply& reply) {
    Writer out{MessageKind::reply};
    out.put(reply.id);
    out.put(reply.outcome);
    out.put(reply.error);
    out.put(reply.leader);
    out.put(reply.known_table);
    const auto& reading = reply.reading;
    out.put(reading.id.name);
    out.put(reading.id.uuid);
    out.put(reading.id.number);
    out.put(reading.id.diskseq);
    out.put(reading.event_nr);
    for (const bool flag : {reading.suspended, reading.internal_suspend, reading.read_only,
                            reading.deferred_remove, reading.inactive_table})
        out.put(flag);
    out.put(static_cast<std::uint32_t>(reading.targets.size()));
    for (const auto& target : reading.targets) {
        out.put(target.start);
        out.put(target.length);
        out.put(target.type);
        out.put(target.table);
        out.put(target.status);
    }
    return std::move(out).frame();
}

std::optional<ReadReply> decode_reply(std::string_view frame) {
    Reader in{frame, MessageKind::reply};
    ReadReply reply;
    reply.id = in.get<std::uint32_t>();
    const auto outcome = in.get<std::uint8_t>();
    if (outcome > static_cast<std::uint8_t>(ReadOutcome::failed)) in.fail();
    reply.outcome = static_cast<ReadOutcome>(outcome);
    reply.error = in.get<std::int32_t>();
    reply.leader = in.optional([&] { return in.number(); });
    reply.known_table = in.optional([&] { return in.get<std::uint64_t>(); });
    auto& reading = reply.reading;
    reading.id.name = in.text();
    reading.id.uuid = in.text();
    reading.id.number = in.number();
    reading.id.diskseq = in.optional([&] { return in.get<std::uint64_t>(); });
    reading.event_nr = in.get<std::uint32_t>();
    for (auto* flag : {&reading.suspended, &reading.internal_suspend, &reading.read_only,
                       &reading.deferred_remove, &reading.inactive_table})
        *flag = in.flag();
    for (auto n = in.count(22); n > 0; --n) {
        auto& target = reading.targets.emplace_back();
        target.start = in.get<std::uint64_t>();
        target.length = in.get<std::uint64_t>();
        target.type = in.text();
        target.table = in.optional([&] { return in.text(); });
        target.status = in.optional([&] { return in.text(); });
    }
    if (!in.done()) return std::nullopt;
    return reply;
}

} // namespace dmev
